// Arithmetic as NumPy has it.

DEVICE float infinity_of(float) { return bits_as<float>(0x7f800000u); }
DEVICE double infinity_of(double) { return bits_as<double>(0x7ff0000000000000ull); }
DEVICE float nan_of(float) { return bits_as<float>(0x7fc00000u); }
DEVICE double nan_of(double) { return bits_as<double>(0x7ff8000000000000ull); }

// The least and the greatest value of a type: where a maximum or a minimum starts.
template <class V> DEVICE V lowest() {
    if constexpr (is_floating<V>::value) return V(-infinity_of((typename accumulator<V>::type)0));
    else if constexpr ((V)-1 > (V)0) return (V)0;
    else return (V)((uint64)1 << (8 * sizeof(V) - 1));
}
template <class V> DEVICE V highest() {
    if constexpr (is_floating<V>::value) return V(infinity_of((typename accumulator<V>::type)0));
    else return (V)~(uint64)lowest<V>();
}
template <> DEVICE bool lowest<bool>() { return false; }
template <> DEVICE bool highest<bool>() { return true; }

template <class V> DEVICE bool is_nan(V x) {
    if constexpr (is_floating<V>::value) return x != x;
    else return false;
}

// The greater or the smaller of two numbers; not a number if one of them is not.
template <class V> DEVICE V maximum(V a, V b) { return a >= b || is_nan(a) ? a : b; }
template <class V> DEVICE V minimum(V a, V b) { return a <= b || is_nan(a) ? a : b; }
// The other number where one is not a number.
template <class V> DEVICE V fmaximum(V a, V b) { return a >= b || is_nan(b) ? a : b; }
template <class V> DEVICE V fminimum(V a, V b) { return a <= b || is_nan(b) ? a : b; }

template <class V> DEVICE V clip(V x, V low, V high) { return minimum(maximum(x, low), high); }

// -1, 0 or 1; not a number stays that.
template <class V> DEVICE V sign(V x) {
    if constexpr (is_floating<V>::value) if (is_nan(x)) return x;
    return V((int)(x > V(0)) - (int)(x < V(0)));
}

// The remainder, with the divisor's sign; of division by 0, not a number or 0.
template <class V> DEVICE V modulo(V a, V b) {
    if constexpr (is_half<V>::value) {
        return V(modulo((float)a, (float)b));
    } else if constexpr (is_floating<V>::value) {
        V mod = fmod(a, b);
        if (b == 0) return mod;
        if (mod == 0) return copysign((V)0, b);
        return (b < 0) != (mod < 0) ? mod + b : mod;
    } else {
        if (b == 0) return (V)0;
        if ((V)-1 < (V)0 && b == (V)-1) return (V)0;
        V mod = (V)(a % b);
        return mod != 0 && (mod < 0) != (b < 0) ? (V)(mod + b) : mod;
    }
}

// The greatest integer not above a / b; division of integers by 0 gives 0, as NumPy's does.
template <class V> DEVICE V floor_divide(V a, V b) {
    if constexpr (is_half<V>::value) {
        return V(floor_divide((float)a, (float)b));
    } else if constexpr (is_floating<V>::value) {
        if (b == 0) return a / b;
        V mod = fmod(a, b);
        V quotient = (a - mod) / b;
        if (mod != 0 && (b < 0) != (mod < 0)) quotient -= (V)1;
        if (quotient == 0) return copysign((V)0, a / b);
        V whole = floor(quotient);
        return quotient - whole > (V)0.5 ? whole + (V)1 : whole;
    } else {
        if (b == 0) return (V)0;
        if ((V)-1 < (V)0 && b == (V)-1) return (V)(0 - (uint64)a);
        V quotient = (V)(a / b);
        return a % b != 0 && (a < 0) != (b < 0) ? (V)(quotient - 1) : quotient;
    }
}

// A whole power of an integer, wrapped round as the type does; of a negative exponent, 0, but for 1 and -1.
template <class V> DEVICE V integer_power(V base, V exponent) {
    if (exponent < (V)0) return base == (V)1 ? (V)1 : base == (V)-1 ? (exponent & 1 ? base : (V)1) : (V)0;
    uint64 result = 1, factor = (uint64)base;
    for (uint64 left = (uint64)exponent; left; left >>= 1, factor *= factor)
        if (left & 1) result *= factor;
    return (V)result;
}

// A sum that carries what rounding lost (Knuth's TwoSum), so that long rows lose nothing: Sum<A> sum = {};
template <class V> struct Sum {
    V total, lost;
    DEVICE void add(V x) {
        if constexpr (is_floating<V>::value) {
            V next = total + x;
            V part = next - total;
            lost += (total - (next - part)) + (x - part);
            total = next;
        } else {
            total += x;
        }
    }
    DEVICE V value() const {
        if constexpr (is_floating<V>::value) return isfinite(total) ? total + lost : total;
        else return total;
    }
};
