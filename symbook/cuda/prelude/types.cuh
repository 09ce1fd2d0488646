// Types, conversions, indices and memory. T, A, I and MOST_THREADS are defined before this text.

typedef signed char int8;
typedef unsigned char uint8;
typedef short int16;
typedef unsigned short uint16;
typedef int int32;
typedef unsigned int uint32;
typedef long long int64;
typedef unsigned long long uint64;

#define KERNEL extern "C" __global__ void __launch_bounds__(MOST_THREADS, 1)
#define DEVICE __device__ __forceinline__
#define SHARED __shared__
#define SYNC() __syncthreads()

// The thread's and the block's number, and how many there are, in one dimension.
#define THREAD ((I)threadIdx.x)
#define THREADS ((I)blockDim.x)
#define BLOCK ((I)blockIdx.x)
#define BLOCKS ((I)gridDim.x)

// Each i in 0 … n - 1 by one thread of the grid, however many there are.
#define FOR_EACH(i, n)                                                     \
    for (I i = BLOCK * THREADS + THREAD, i##_end = (I)(n); i < i##_end; \
         i += BLOCKS * THREADS)

// Each i in 0 … n - 1 by one thread of the block.
#define FOR_THREADS(i, n) for (I i = THREAD, i##_end = (I)(n); i < i##_end; i += THREADS)

// Each row in 0 … n - 1 by one block of the grid.
#define FOR_BLOCKS(row, n) for (I row = BLOCK, row##_end = (I)(n); row < row##_end; row += BLOCKS)

// The stand-in for CUDA on a CPU checks addresses; a GPU does so by itself.
#ifndef CHECK_ALIGNED
#define CHECK_ALIGNED(address, bytes, otherwise)
#endif

#ifdef __CUDACC__
DEVICE uint16 half_bits(float x) {
    uint16 bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
}
DEVICE uint16 half_bits(double x) {
    uint16 bits;
    asm("cvt.rn.f16.f64 %0, %1;" : "=h"(bits) : "d"(x));
    return bits;
}
DEVICE float half_value(uint16 bits) {
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
}
#endif

// float16: a float in arithmetic, rounded to nearest when stored. double is rounded once.
struct half {
    uint16 bits;
    half() = default;
    DEVICE explicit half(float x) : bits(half_bits(x)) {}
    DEVICE explicit half(double x) : bits(half_bits(x)) {}
    DEVICE explicit half(bool x) : bits(half_bits((float)x)) {}
    DEVICE explicit half(int8 x) : bits(half_bits((float)x)) {}
    DEVICE explicit half(uint8 x) : bits(half_bits((float)x)) {}
    DEVICE explicit half(int32 x) : bits(half_bits((float)x)) {}
    DEVICE explicit half(uint32 x) : bits(half_bits((float)x)) {}
    DEVICE explicit half(int64 x) : bits(half_bits((float)x)) {}
    DEVICE explicit half(uint64 x) : bits(half_bits((float)x)) {}
    template <class V>
    DEVICE half& operator=(V x) {
        bits = half(x).bits;
        return *this;
    }
    half(const half&) = default;
    half& operator=(const half&) = default;
    DEVICE operator float() const { return half_value(bits); }
};

template <class V> struct is_half { static const bool value = false; };
template <> struct is_half<half> { static const bool value = true; };

template <class V> struct is_floating { static const bool value = false; };
template <> struct is_floating<half> { static const bool value = true; };
template <> struct is_floating<float> { static const bool value = true; };
template <> struct is_floating<double> { static const bool value = true; };

// The type that values of V are summed in.
template <class V> struct accumulator { typedef V type; };
template <> struct accumulator<half> { typedef float type; };
template <> struct accumulator<bool> { typedef int64 type; };

// Neighbours in an array, 16 bytes at most: loaded and stored in one instruction.
template <class V, int N = 16 / (int)sizeof(V)>
struct alignas(N * sizeof(V)) Pack {
    V at[N];
};
template <int N, class V> DEVICE Pack<V, N> load_pack(const V* address) {
    CHECK_ALIGNED(address, sizeof(Pack<V, N>), return {});
    return *reinterpret_cast<const Pack<V, N>*>(address);
}
template <class V> DEVICE Pack<V> load_pack(const V* address) {
    return load_pack<16 / (int)sizeof(V)>(address);
}
template <class V, int N> DEVICE void store_pack(V* address, const Pack<V, N>& pack) {
    CHECK_ALIGNED(address, sizeof(pack), return);
    *reinterpret_cast<Pack<V, N>*>(address) = pack;
}
DEVICE bool aligned(const void* address, int bytes = 16) {
    return ((uint64)address & (uint64)(bytes - 1)) == 0;
}
// How many elements of each of some arrays the widest loads take.
template <class... V> DEVICE constexpr int lanes_of() {
    int largest = 1;
    ((largest = (int)sizeof(V) > largest ? (int)sizeof(V) : largest), ...);
    return 16 / largest;
}

// The bits of a value, as another type of the same size.
template <class To, class From> DEVICE To bits_as(From value) {
    static_assert(sizeof(To) == sizeof(From), "bits_as: sizes differ");
    To result;
    memcpy(&result, &value, sizeof(To));
    return result;
}
