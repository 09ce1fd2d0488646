// What the text of a kernel finds on a GPU, for a CPU's C++ compiler. Needs nothing of C++'s library.
//
// Blocks run one after another, in an order drawn from a seed. The threads of a block are fibers of one
// thread, and run from barrier to barrier in another order each time, so that a missing barrier shows.
// Memory shared by a block is full of rubbish when a block starts. SERIAL is for kernels that only loop
// over the grid: one thread then does all.

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __launch_bounds__(...)

extern "C" void* memcpy(void*, const void*, __SIZE_TYPE__);
extern "C" void* memset(void*, int, __SIZE_TYPE__);
extern "C" void* malloc(__SIZE_TYPE__);

namespace on_cpu {

typedef unsigned long long Word;
struct Dim { unsigned x, y, z; };

// Errors: the first is told to the caller, and ends the launch.
static const char* problem;
static void fail(const char* what) {
    if (!problem) problem = what;
}

#ifdef SERIAL
static constexpr Dim thread{0, 0, 0}, block{0, 0, 0}, block_size{1, 1, 1}, grid_size{1, 1, 1};
#else
static Dim thread, block, block_size, grid_size;
#endif

static Word state;
static unsigned draw(unsigned n) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)((state >> 33) % n);
}
static void shuffle(unsigned* order, unsigned n) {
    for (unsigned k = n; k > 1; k--) {
        unsigned other = draw(k), kept = order[k - 1];
        order[k - 1] = order[other];
        order[other] = kept;
    }
}

}  // namespace on_cpu

#define threadIdx on_cpu::thread
#define blockIdx on_cpu::block
#define blockDim on_cpu::block_size
#define gridDim on_cpu::grid_size

static const int warpSize = 32;

#define CHECK_ALIGNED(address, bytes, otherwise)                        \
    if ((on_cpu::Word)(address) % (bytes)) {                            \
        on_cpu::fail("an address is no multiple of what is loaded or stored"); \
        otherwise;                                                      \
    }

#include "fibers.h"
#include "functions.h"
#include "launch.h"
