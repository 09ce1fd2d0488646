// Random numbers from a counter: Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3" (2011). The same seed, stream and counter give the same four words everywhere.

struct Words {
    uint32 at[4];
};
DEVICE Words philox(uint64 seed, uint64 stream, uint64 counter) {
    uint32 key0 = (uint32)seed, key1 = (uint32)(seed >> 32);
    Words x = {{(uint32)counter, (uint32)(counter >> 32), (uint32)stream, (uint32)(stream >> 32)}};
    for (int round = 0; round < 10; round++) {
        uint64 product0 = (uint64)0xD2511F53u * x.at[0];
        uint64 product1 = (uint64)0xCD9E8D57u * x.at[2];
        x = {{(uint32)(product1 >> 32) ^ x.at[1] ^ key0, (uint32)product1,
              (uint32)(product0 >> 32) ^ x.at[3] ^ key1, (uint32)product0}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return x;
}

// In [0, 1): the upper 24 bits of one word, or 53 bits of two.
DEVICE float uniform(uint32 word) { return (float)(word >> 8) * 5.9604644775390625e-8f; }
DEVICE double uniform(uint32 high, uint32 low) {
    return (double)(((uint64)high << 32 | low) >> 11) * 1.1102230246251565e-16;
}

// Two numbers of the standard normal distribution from two words (Box and Muller, 1958).
struct Normals {
    float at[2];
};
DEVICE Normals normals(uint32 a, uint32 b) {
    float radius = sqrtf(-2.0f * logf(1.0f - uniform(a)));
    float turns = 2.0f * uniform(b);
    return {{radius * cospif(turns), radius * sinpif(turns)}};
}
