// CUDA's functions, by the C library's, and what that lacks.

#define ON_CPU_ONE(name)                                          \
    extern "C" double name(double) noexcept;                        \
    extern "C" float name##f(float) noexcept;                       \
    static inline float name(float x) { return name##f(x); }
#define ON_CPU_TWO(name)                                          \
    extern "C" double name(double, double) noexcept;                \
    extern "C" float name##f(float, float) noexcept;                \
    static inline float name(float x, float y) { return name##f(x, y); }
ON_CPU_ONE(sqrt) ON_CPU_ONE(cbrt) ON_CPU_ONE(exp) ON_CPU_ONE(exp2) ON_CPU_ONE(exp10)
ON_CPU_ONE(expm1) ON_CPU_ONE(log) ON_CPU_ONE(log2) ON_CPU_ONE(log10) ON_CPU_ONE(log1p)
ON_CPU_ONE(sin) ON_CPU_ONE(cos) ON_CPU_ONE(tan) ON_CPU_ONE(asin) ON_CPU_ONE(acos)
ON_CPU_ONE(atan) ON_CPU_ONE(sinh) ON_CPU_ONE(cosh) ON_CPU_ONE(tanh) ON_CPU_ONE(asinh)
ON_CPU_ONE(acosh) ON_CPU_ONE(atanh) ON_CPU_ONE(erf) ON_CPU_ONE(erfc) ON_CPU_ONE(tgamma)
ON_CPU_ONE(lgamma) ON_CPU_ONE(floor) ON_CPU_ONE(ceil) ON_CPU_ONE(trunc) ON_CPU_ONE(round)
ON_CPU_ONE(rint) ON_CPU_ONE(nearbyint) ON_CPU_ONE(fabs) ON_CPU_ONE(logb) ON_CPU_ONE(j0)
ON_CPU_ONE(j1) ON_CPU_ONE(y0) ON_CPU_ONE(y1)
ON_CPU_TWO(pow) ON_CPU_TWO(fmod) ON_CPU_TWO(remainder) ON_CPU_TWO(atan2) ON_CPU_TWO(hypot)
ON_CPU_TWO(copysign) ON_CPU_TWO(fdim) ON_CPU_TWO(nextafter) ON_CPU_TWO(fmin) ON_CPU_TWO(fmax)

extern "C" double ldexp(double, int) noexcept;
extern "C" float ldexpf(float, int) noexcept;
extern "C" double fma(double, double, double) noexcept;
extern "C" float fmaf(float, float, float) noexcept;
static inline float ldexp(float x, int e) { return ldexpf(x, e); }
static inline float fma(float x, float y, float z) { return fmaf(x, y, z); }
static inline double pow(double x, int n) { return pow(x, (double)n); }
static inline float pow(float x, int n) { return powf(x, (float)n); }

#define ON_CPU_REAL(V)                                                                 \
    static inline bool isnan(V x) { return x != x; }                                   \
    static inline bool isinf(V x) { return __builtin_isinf(x); }                       \
    static inline bool isfinite(V x) { return __builtin_isfinite(x); }                 \
    static inline bool signbit(V x) { return __builtin_signbit(x); }                   \
    static inline V rsqrt(V x) { return (V)1 / sqrt(x); }                              \
    static inline V rcbrt(V x) { return (V)1 / cbrt(x); }                              \
    static inline void sincos(V x, V* s, V* c) { *s = sin(x), *c = cos(x); }           \
    static inline V sinpi(V x) { return (V)sin(3.141592653589793 * fmod((double)x, 2.0)); } \
    static inline V cospi(V x) { return (V)cos(3.141592653589793 * fmod((double)x, 2.0)); } \
    static inline void sincospi(V x, V* s, V* c) { *s = sinpi(x), *c = cospi(x); }         \
    static inline V normcdf(V x) { return (V)(0.5 * erfc(-(double)x * 0.7071067811865476)); }
ON_CPU_REAL(float)
ON_CPU_REAL(double)
static inline float sinpif(float x) { return sinpi(x); }
static inline float cospif(float x) { return cospi(x); }
static inline float rsqrtf(float x) { return rsqrt(x); }
static inline float rcbrtf(float x) { return rcbrt(x); }
static inline void sincosf(float x, float* s, float* c) { sincos(x, s, c); }

// By Newton's steps from a start of Winitzki's (2008).
static double erfinv(double y) {
    if (!(y > -1 && y < 1)) return y == 1 || y == -1 ? y * __builtin_inf() : __builtin_nan("");
    double a = fabs(y), l = log1p(-y * y), t = 4.330746750799873 + l / 2;
    double x = sqrt(sqrt(t * t - l / 0.147) - t);
    for (int k = 0; k < 4; k++) {
        double beyond = a > 0.5 ? (1 - a) - erfc(x) : erf(x) - a;
        x -= beyond / (1.1283791670955126 * exp(-x * x));
    }
    return copysign(x, y);
}
static inline float erfinv(float y) { return (float)erfinv((double)y); }
static inline float erfinvf(float y) { return erfinv(y); }
static inline double erfcinv(double y) { return erfinv(1 - y); }
static inline float erfcinv(float y) { return (float)erfinv(1 - (double)y); }
static inline double normcdfinv(double p) { return 1.4142135623730951 * erfinv(2 * p - 1); }
static inline float normcdfinv(float p) { return (float)normcdfinv((double)p); }

template <class V, class W> static inline auto min(V a, W b) -> decltype(a + b) {
    if constexpr ((decltype(a + b))0.5 != 0) return fmin((decltype(a + b))a, (decltype(a + b))b);
    else return a < b ? a : b;
}
template <class V, class W> static inline auto max(V a, W b) -> decltype(a + b) {
    if constexpr ((decltype(a + b))0.5 != 0) return fmax((decltype(a + b))a, (decltype(a + b))b);
    else return a > b ? a : b;
}
static inline int abs(int x) { return x < 0 ? -x : x; }
static inline long long abs(long long x) { return x < 0 ? -x : x; }
static inline float abs(float x) { return fabsf(x); }
static inline double abs(double x) { return fabs(x); }

template <class To, class From> static inline To on_cpu_bits(From x) {
    To to;
    memcpy(&to, &x, sizeof(To));
    return to;
}
static inline int __float_as_int(float x) { return on_cpu_bits<int>(x); }
static inline unsigned __float_as_uint(float x) { return on_cpu_bits<unsigned>(x); }
static inline float __int_as_float(int x) { return on_cpu_bits<float>(x); }
static inline float __uint_as_float(unsigned x) { return on_cpu_bits<float>(x); }
static inline long long __double_as_longlong(double x) { return on_cpu_bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return on_cpu_bits<double>(x); }
static inline unsigned __umulhi(unsigned x, unsigned y) {
    return (unsigned)((unsigned long long)x * y >> 32);
}
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static inline int __clzll(long long x) { return x ? __builtin_clzll((unsigned long long)x) : 64; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
template <class V> static inline V __ldg(const V* address) { return *address; }
static inline float __fmul_rn(float x, float y) { return x * y; }
static inline float __fadd_rn(float x, float y) { return x + y; }
static inline double __dmul_rn(double x, double y) { return x * y; }
static inline double __dadd_rn(double x, double y) { return x + y; }

// One thread runs at a time, so that anything is atomic.
template <class V, class F> static inline V on_cpu_atomic(V* address, F f) {
    V old = *address;
    *address = f(old);
    return old;
}
#define ON_CPU_ATOMIC(V)                                                                     \
    static inline V atomicAdd(V* p, V x) {                                                   \
        return on_cpu_atomic(p, [=](V y) { return (V)(y + x); });                            \
    }                                                                                        \
    static inline V atomicExch(V* p, V x) { return on_cpu_atomic(p, [=](V) { return x; }); }
#define ON_CPU_ATOMIC_INTEGER(V)                                                             \
    ON_CPU_ATOMIC(V)                                                                         \
    ON_CPU_ATOMIC_ORDER(V)                                                                   \
    static inline V atomicOr(V* p, V x) { return on_cpu_atomic(p, [=](V y) { return y | x; }); } \
    static inline V atomicAnd(V* p, V x) { return on_cpu_atomic(p, [=](V y) { return y & x; }); }
#define ON_CPU_ATOMIC_ORDER(V)                                                               \
    static inline V atomicMax(V* p, V x) {                                                   \
        return on_cpu_atomic(p, [=](V y) { return y < x ? x : y; });                         \
    }                                                                                        \
    static inline V atomicMin(V* p, V x) {                                                   \
        return on_cpu_atomic(p, [=](V y) { return x < y ? x : y; });                         \
    }                                                                                        \
    static inline V atomicCAS(V* p, V seen, V x) {                                           \
        return on_cpu_atomic(p, [=](V y) { return y == seen ? x : y; });                     \
    }
ON_CPU_ATOMIC(float)
ON_CPU_ATOMIC(double)
ON_CPU_ATOMIC_INTEGER(int)
ON_CPU_ATOMIC_INTEGER(unsigned)
ON_CPU_ATOMIC_INTEGER(unsigned long long)
ON_CPU_ATOMIC_ORDER(long long)
static inline int atomicSub(int* p, int x) { return atomicAdd(p, -x); }

// What the prelude has in PTX.
static inline unsigned short half_bits(float x) { return on_cpu_bits<unsigned short>((_Float16)x); }
static inline unsigned short half_bits(double x) { return on_cpu_bits<unsigned short>((_Float16)x); }
static inline float half_value(unsigned short bits) { return (float)on_cpu_bits<_Float16>(bits); }
