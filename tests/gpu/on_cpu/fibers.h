// The threads of a block as fibers: __syncthreads() and what the lanes of a warp tell each other.

// Static memory of a block, in a section of its own, so that it can be filled with rubbish.
#if defined(__ELF__)
extern "C" __attribute__((weak, visibility("hidden"))) char __start_block_memory[], __stop_block_memory[];
#define __shared__ static __attribute__((section("block_memory")))
#else
#define __shared__ static
#endif

namespace on_cpu {

enum { MOST = 1024, STACK = 128 * 1024 };
enum Status { READY, AT_BARRIER, AT_WARP, DONE };

struct Fiber {
    void* stack;      // its lowest address
    void* pointer;    // where it stopped
    Status status;
    int line;         // of the barrier that it waits at
    Word told;        // what it tells the other lanes
};
static Fiber fibers[MOST];
static void* scheduler;
static unsigned running;
static void (*body)(void**);
static void** arguments;

// Saves what a callee must keep on the stack, and goes on with another stack.
extern "C" void on_cpu_switch(void** from, void* to);
#if defined(__APPLE__)
#define ON_CPU_SWITCH "_on_cpu_switch"
#else
#define ON_CPU_SWITCH "on_cpu_switch"
#endif
#if defined(__x86_64__) && !defined(_WIN32)
asm(".text\n.p2align 4\n" ON_CPU_SWITCH ":\n" R"(
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");
enum { SAVED = 6 };
#elif defined(__aarch64__) && !defined(_WIN32)
asm(".text\n.p2align 4\n" ON_CPU_SWITCH ":\n" R"(
    sub sp, sp, #160
    stp x19, x20, [sp]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
)");
#else
#error "kernels cannot be run on this processor"
#endif

static void yield_to_scheduler() { on_cpu_switch(&fibers[running].pointer, scheduler); }

static void fiber_main() {
    body(arguments);
    fibers[running].status = DONE;
    yield_to_scheduler();
    __builtin_trap();
}

static void start(Fiber& fiber) {
    if (!fiber.stack) fiber.stack = malloc(STACK);
    void** top = (void**)(((Word)fiber.stack + STACK) & ~(Word)15);
#if defined(__x86_64__)
    *--top = 0;  // as if called: the stack is 8 bytes beyond a multiple of 16
    *--top = (void*)fiber_main;
    for (int k = 0; k < SAVED; k++) *--top = 0;
#else
    top -= 20;
    memset(top, 0, 160);
    top[11] = (void*)fiber_main;
#endif
    fiber.pointer = top;
    fiber.status = READY;
}

static void wait(Status status, int line) {
#ifdef SERIAL
    fail("a kernel that only loops over the grid has a barrier");
#else
    fibers[running].status = status;
    fibers[running].line = line;
    yield_to_scheduler();
#endif
}

// Runs every thread that can run; false where none could.
static bool run_ready(const unsigned* order, unsigned count) {
    bool any = false;
    for (unsigned k = 0; k < count; k++) {
        running = order[k];
        if (fibers[running].status != READY) continue;
        any = true;
#ifndef SERIAL
        thread = Dim{running % block_size.x, running / block_size.x % block_size.y,
                     running / block_size.x / block_size.y};
#endif
        on_cpu_switch(&scheduler, fibers[running].pointer);
    }
    return any;
}

// Whether all of these threads wait for each other; then they go on.
static bool release(unsigned first, unsigned end, Status status) {
    for (unsigned k = first; k < end; k++)
        if (fibers[k].status != status || fibers[k].line != fibers[first].line) return false;
    for (unsigned k = first; k < end; k++) fibers[k].status = READY;
    return true;
}

static bool all_done(unsigned count) {
    for (unsigned k = 0; k < count; k++)
        if (fibers[k].status != DONE) return false;
    return true;
}

static void run_block(unsigned count) {
    static unsigned order[MOST];
#if defined(__ELF__)
    memset(__start_block_memory, 0xA5 + 2 * (int)draw(40), __stop_block_memory - __start_block_memory);
#endif
    for (unsigned k = 0; k < count; k++) {
        order[k] = k;
        start(fibers[k]);
    }
    while (!problem) {
        shuffle(order, count);
        if (run_ready(order, count)) continue;
        if (all_done(count)) return;
        bool any = release(0, count, AT_BARRIER);
        for (unsigned first = 0; first < count; first += 32)
            any |= release(first, first + 32 < count ? first + 32 : count, AT_WARP);
        if (!any) fail("some threads of a block wait at a barrier that others do not come to");
    }
}

// What another lane of the warp tells: all lanes tell, then all look.
template <class V> static V lane_value(V value, unsigned lane, int line) {
    static_assert(sizeof(V) <= 8, "");
    unsigned self = running, first = self / 32 * 32;
    memcpy(&fibers[self].told, &value, sizeof(V));
    wait(AT_WARP, line);
    memcpy(&value, &fibers[first + lane % 32].told, sizeof(V));
    wait(AT_WARP, -line);
    return value;
}

}  // namespace on_cpu

#define __syncthreads() on_cpu::wait(on_cpu::AT_BARRIER, __LINE__)
#define __syncwarp(...) on_cpu::wait(on_cpu::AT_WARP, __LINE__)
#define __threadfence()
#define __threadfence_block()

template <class V> static V __shfl_sync(unsigned, V value, int lane) {
    return on_cpu::lane_value(value, (unsigned)lane, 1);
}
template <class V> static V __shfl_xor_sync(unsigned, V value, int lanes) {
    return on_cpu::lane_value(value, (on_cpu::running ^ (unsigned)lanes) & 31, 2);
}
template <class V> static V __shfl_down_sync(unsigned, V value, int by) {
    unsigned lane = on_cpu::running % 32;
    return on_cpu::lane_value(value, lane + by < 32 ? lane + by : lane, 3);
}
template <class V> static V __shfl_up_sync(unsigned, V value, int by) {
    unsigned lane = on_cpu::running % 32;
    return on_cpu::lane_value(value, (int)lane >= by ? lane - by : lane, 4);
}
