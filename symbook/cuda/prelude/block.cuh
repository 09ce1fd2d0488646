// What the threads of a block find together. All of them must call these, and all get the answer.
// THREADS is a power of two, 1024 at most.

template <class V> DEVICE V shuffle_xor(uint32 mask, V value, int lanes) {
    const int words = ((int)sizeof(V) + 3) / 4;
    int parts[words] = {};
    memcpy(parts, &value, sizeof(V));
    for (int k = 0; k < words; k++) parts[k] = __shfl_xor_sync(mask, parts[k], lanes);
    memcpy(&value, parts, sizeof(V));
    return value;
}

// All values joined into one, always in the same order. `join` is associative and commutative.
template <class V, class Join> DEVICE V warp_reduce(V value, Join join) {
    int width = blockDim.x < 32 ? (int)blockDim.x : 32;
    uint32 mask = width == 32 ? 0xffffffffu : (1u << width) - 1;
    for (int lanes = width / 2; lanes > 0; lanes /= 2)
        value = join(value, shuffle_xor(mask, value, lanes));
    return value;
}
template <class V, class Join> DEVICE V block_reduce(V value, Join join) {
    value = warp_reduce(value, join);
    int warps = (int)blockDim.x / 32;
    if (warps < 2) return value;
    SHARED V of_warp[32];
    SYNC();  // the last answer may still be read
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
    SYNC();
    value = of_warp[0];
    for (int k = 1; k < warps; k++) value = join(value, of_warp[k]);
    return value;
}

template <class V> DEVICE V block_sum(V x) {
    return block_reduce(x, [](V a, V b) { return (V)(a + b); });
}
template <class V> DEVICE V block_max(V x) {
    return block_reduce(x, [](V a, V b) { return maximum(a, b); });
}
template <class V> DEVICE V block_min(V x) {
    return block_reduce(x, [](V a, V b) { return minimum(a, b); });
}
template <class V> DEVICE V block_product(V x) {
    return block_reduce(x, [](V a, V b) { return (V)(a * b); });
}
DEVICE bool block_any(bool x) {
    return block_reduce((int)x, [](int a, int b) { return a | b; }) != 0;
}
DEVICE bool block_all(bool x) {
    return block_reduce((int)x, [](int a, int b) { return a & b; }) != 0;
}
template <class V> DEVICE V block_sum(Sum<V> sum) {
    sum = block_reduce(sum, [](Sum<V> a, Sum<V> b) {
        V lost = a.lost + b.lost;
        a.lost = (V)0;
        a.add(b.total);
        a.lost += lost;
        return a;
    });
    return sum.value();
}

// A value and where it stands; index -1 stands for none.
template <class V> struct Place {
    V value;
    I index;
};
// Whether a goes before b: the first of equal ones, and the first that is not a number before all.
template <class V> DEVICE bool greater_place(const Place<V>& a, const Place<V>& b) {
    if (a.index < 0 || b.index < 0) return b.index < 0;
    if (is_nan(a.value) || is_nan(b.value))
        return is_nan(a.value) && (!is_nan(b.value) || a.index < b.index);
    return a.value > b.value || (a.value == b.value && a.index < b.index);
}
template <class V> DEVICE bool smaller_place(const Place<V>& a, const Place<V>& b) {
    if (a.index < 0 || b.index < 0) return b.index < 0;
    if (is_nan(a.value) || is_nan(b.value))
        return is_nan(a.value) && (!is_nan(b.value) || a.index < b.index);
    return a.value < b.value || (a.value == b.value && a.index < b.index);
}
template <class V> DEVICE Place<V> block_argmax(Place<V> x) {
    return block_reduce(x, [](Place<V> a, Place<V> b) { return greater_place(a, b) ? a : b; });
}
template <class V> DEVICE Place<V> block_argmin(Place<V> x) {
    return block_reduce(x, [](Place<V> a, Place<V> b) { return smaller_place(a, b) ? a : b; });
}

// Of f(0) … f(n - 1), by the threads of a block: the sum, without loss in long rows, …
template <class F> DEVICE auto row_sum(I n, F f) {
    Sum<typename accumulator<decltype(f((I)0))>::type> sum = {};
    FOR_THREADS(i, n) sum.add(f(i));
    return block_sum(sum);
}
// … the greatest and the smallest (of no values: the lowest and the highest of the type), …
template <class F> DEVICE auto row_max(I n, F f) {
    typedef decltype(f((I)0)) V;
    V best = lowest<V>();
    FOR_THREADS(i, n) best = maximum(best, f(i));
    return block_max(best);
}
template <class F> DEVICE auto row_min(I n, F f) {
    typedef decltype(f((I)0)) V;
    V best = highest<V>();
    FOR_THREADS(i, n) best = minimum(best, f(i));
    return block_min(best);
}
// … and where the greatest and the smallest stand (of no values: -1).
template <class F> DEVICE I row_argmax(I n, F f) {
    typedef decltype(f((I)0)) V;
    Place<V> best = {lowest<V>(), (I)-1};
    FOR_THREADS(i, n) {
        Place<V> next = {f(i), i};
        if (greater_place(next, best)) best = next;
    }
    return block_argmax(best).index;
}
template <class F> DEVICE I row_argmin(I n, F f) {
    typedef decltype(f((I)0)) V;
    Place<V> best = {highest<V>(), (I)-1};
    FOR_THREADS(i, n) {
        Place<V> next = {f(i), i};
        if (smaller_place(next, best)) best = next;
    }
    return block_argmin(best).index;
}

// *address += value by threads of any blocks. Floating-point sums then depend on the order of blocks.
DEVICE void atomic_add(float* address, float value) { atomicAdd(address, value); }
DEVICE void atomic_add(double* address, double value) { atomicAdd(address, value); }
DEVICE void atomic_add(int32* address, int32 value) { atomicAdd(address, value); }
DEVICE void atomic_add(uint32* address, uint32 value) { atomicAdd(address, value); }
DEVICE void atomic_add(uint64* address, uint64 value) { atomicAdd(address, value); }
DEVICE void atomic_add(int64* address, int64 value) {
    atomicAdd(reinterpret_cast<uint64*>(address), (uint64)value);
}
// One or two bytes: by the word of four that they are in.
template <class V, class W> DEVICE void atomic_add(V* address, W value) {
    static_assert(sizeof(V) < 4, "atomic_add: types differ");
    uint64 place = (uint64)address;
    uint32* word = reinterpret_cast<uint32*>(place & ~(uint64)3);
    int shift = (int)(place & 3) * 8;
    uint32 mask = (sizeof(V) == 1 ? 0xffu : 0xffffu) << shift;
    uint32 seen = *word, old;
    do {
        old = seen;
        V next;
        uint32 bits = (old & mask) >> shift;
        memcpy(&next, &bits, sizeof(V));
        next = V(next + value);
        bits = 0;
        memcpy(&bits, &next, sizeof(V));
        seen = atomicCAS(word, old, (old & ~mask) | (bits << shift));
    } while (seen != old);
}
