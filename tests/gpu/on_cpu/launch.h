// How Python calls a kernel: pointers to its arguments, as cuLaunchKernel has them.

namespace on_cpu {

template <int... K> struct Numbers {};
template <int N, int... K> struct Count : Count<N - 1, N - 1, K...> {};
template <int... K> struct Count<0, K...> { typedef Numbers<K...> type; };

// One letter for each type: as Python's struct has them, with * before what a pointer points to, and
// & if that is const; v for what is not ours.
template <class V> struct Letter {
    static void put(char*& to) { *to++ = 'v'; }
};
template <class V> struct Letter<V*> {
    static void put(char*& to) { *to++ = '*'; Letter<V>::put(to); }
};
template <class V> struct Letter<const V> {
    static void put(char*& to) { *to++ = '&'; Letter<V>::put(to); }
};
#define ON_CPU_LETTER(type, letter) \
    template <> struct Letter<type> { static void put(char*& to) { *to++ = letter; } };
ON_CPU_LETTER(bool, '?')
ON_CPU_LETTER(signed char, 'b')
ON_CPU_LETTER(unsigned char, 'B')
ON_CPU_LETTER(short, 'h')
ON_CPU_LETTER(unsigned short, 'H')
ON_CPU_LETTER(int, 'i')
ON_CPU_LETTER(unsigned, 'I')
ON_CPU_LETTER(long long, 'q')
ON_CPU_LETTER(unsigned long long, 'Q')
ON_CPU_LETTER(float, 'f')
ON_CPU_LETTER(double, 'd')
}  // namespace on_cpu
struct half;
namespace on_cpu {
ON_CPU_LETTER(half, 'e')

template <class V> struct Plain { typedef V type; };
template <class V> struct Plain<V&> { typedef V type; };

template <auto f> struct Entry;
template <class... P, void (*f)(P...)> struct Entry<f> {
    template <int... K> static void call(void** args, Numbers<K...>) {
        f(*(typename Plain<P>::type*)args[K]...);
    }
    static void call(void** args) { call(args, typename Count<sizeof...(P)>::type()); }
    static void signature(char* to) {
        (Letter<P>::put(to), ...);
        *to = 0;
    }
};

static const char* launch(void (*entry)(void**), const unsigned* sizes, void** args, Word seed) {
    problem = 0;
    state = seed;
    arguments = args;
    body = entry;
#ifdef SERIAL
    entry(args);
#else
    grid_size = Dim{sizes[0], sizes[1], sizes[2]};
    block_size = Dim{sizes[3], sizes[4], sizes[5]};
    unsigned count = block_size.x * block_size.y * block_size.z;
    Word blocks = (Word)grid_size.x * grid_size.y * grid_size.z;
    // An odd step that has no factor in common with the number of blocks: each block once.
    Word step = blocks > 2 ? draw(blocks) | 1 : 1, at = draw(blocks);
    for (Word a = step, b = blocks; b; ) {
        Word rest = a % b;
        a = b, b = rest;
        if (!b && a != 1) step += 2, a = step, b = blocks;
    }
    for (Word k = 0; k < blocks && !problem; k++, at = (at + step) % blocks) {
        block = Dim{(unsigned)(at % grid_size.x), (unsigned)(at / grid_size.x % grid_size.y),
                    (unsigned)(at / grid_size.x / grid_size.y)};
#ifdef BARRIERS
        run_block(count);
#else
        bool down = draw(2);
        for (unsigned n = 0; n < count; n++) {
            unsigned t = down ? count - 1 - n : n;
            thread = Dim{t % block_size.x, t / block_size.x % block_size.y,
                         t / block_size.x / block_size.y};
            entry(args);
        }
#endif
    }
#endif
    return problem;
}

}  // namespace on_cpu

// A kernel's two symbols: KEY_launch and KEY_signature.
#define ON_CPU_EXPORT(name, key)                                                                  \
    extern "C" __attribute__((visibility("default"))) const char* key##_launch(                   \
        const unsigned* sizes, void** args, unsigned long long seed) {                            \
        return on_cpu::launch(on_cpu::Entry<name>::call, sizes, args, seed);                      \
    }                                                                                             \
    extern "C" __attribute__((visibility("default"))) void key##_signature(char* to) {            \
        on_cpu::Entry<name>::signature(to);                                                       \
    }
