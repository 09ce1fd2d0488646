/* What CUDA's runtime, its driver, cuBLAS and cuSOLVER answer where there is no device: memory of the host,
   handles that nobody looks into, and success. Kernels do nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef void *P;

enum { DEVICES = 2, INVALID_DEVICE = 101 };

static int current;
static uintptr_t handles = 0x1000;

static int handle(P *made) {
    *made = (P)(handles += 16);
    return 0;
}

static int allocate(P *made, size_t size) {
    *made = aligned_alloc(512, (size / 512 + 1) * 512);
    return *made == NULL ? 2 : 0; /* out of memory */
}

int fake_default(void) { return 0; }

/* The runtime. */
int fake_cudaGetDevice(int *device) { *device = current; return 0; }
int fake_cudaGetDeviceCount(int *count) { *count = DEVICES; return 0; }
int fake_cudaSetDevice(int device) {
    if (device >= DEVICES) return INVALID_DEVICE;
    current = device;
    return 0;
}
int fake_cudaDriverGetVersion(int *version) { *version = 12090; return 0; }
int fake_cudaRuntimeGetVersion(int *version) { *version = 12090; return 0; }
int fake_cudaDeviceGetAttribute(int *value, int attribute, int device) {
    /* Those of a device of compute capability 9.0, by the numbers of cudaDeviceAttr. */
    static const int known[][2] = {
        {1, 1024}, {2, 1024}, {3, 1024}, {4, 64}, {5, 0x7fffffff}, {6, 65535}, {7, 65535},
        {8, 49152}, {10, 32}, {12, 65536}, {16, 132}, {39, 2048}, {75, 9}, {76, 0},
        {81, 233472}, {97, 232448}, {106, 32}};
    *value = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i][0] == attribute) *value = known[i][1];
    return 0;
}
int fake_cudaGetDeviceProperties_v2(char *properties, int device) {
    memset(properties, 0, 1032);
    strcpy(properties, "Pretended");
    return 0;
}
int fake_cudaDeviceGetPCIBusId(char *text, int size, int device) {
    strncpy(text, "0000:01:00.0", size);
    return 0;
}
int fake_cudaDeviceCanAccessPeer(int *can, int a, int b) { *can = 0; return 0; }
int fake_cudaDeviceGetStreamPriorityRange(int *a, int *b) { *a = *b = 0; return 0; }
int fake_cudaMemGetInfo(size_t *left, size_t *all) { *left = 1ull << 33; *all = 1ull << 34; return 0; }
int fake_cudaMalloc(P *made, size_t size) { return allocate(made, size); }
int fake_cudaMallocAsync(P *made, size_t size, P stream) { return allocate(made, size); }
int fake_cudaMallocManaged(P *made, size_t size, unsigned flags) { return allocate(made, size); }
int fake_cudaHostAlloc(P *made, size_t size, unsigned flags) { return allocate(made, size); }
int fake_cudaFree(P memory) { free(memory); return 0; }
int fake_cudaFreeAsync(P memory, P stream) { free(memory); return 0; }
int fake_cudaFreeHost(P memory) { free(memory); return 0; }
int fake_cudaMemcpy(P to, P from, size_t size, int kind) { memmove(to, from, size); return 0; }
int fake_cudaMemcpyAsync(P to, P from, size_t size, int kind, P stream) {
    memmove(to, from, size);
    return 0;
}
int fake_cudaMemcpyPeerAsync(P to, int a, P from, int b, size_t size, P stream) {
    memmove(to, from, size);
    return 0;
}
int fake_cudaMemset(P to, int value, size_t size) { memset(to, value, size); return 0; }
int fake_cudaMemsetAsync(P to, int value, size_t size, P s) { memset(to, value, size); return 0; }
int fake_cudaPointerGetAttributes(int *attributes, P pointer) {
    memset(attributes, 0, 32);
    attributes[0] = 2; /* memory of a device */
    attributes[1] = current;
    return 0;
}
int fake_cudaStreamCreate(P *made) { return handle(made); }
int fake_cudaStreamCreateWithFlags(P *made, unsigned flags) { return handle(made); }
int fake_cudaStreamCreateWithPriority(P *made, unsigned flags, int p) { return handle(made); }
int fake_cudaStreamGetPriority(P stream, int *priority) { *priority = 0; return 0; }
int fake_cudaStreamGetFlags(P stream, unsigned *flags) { *flags = 0; return 0; }
int fake_cudaStreamGetDevice(P stream, int *device) { *device = current; return 0; }
int fake_cudaStreamIsCapturing(P stream, int *status) { *status = 0; return 0; }
int fake_cudaStreamEndCapture(P stream, P *graph) { return handle(graph); }
int fake_cudaGraphInstantiate(P *made, P graph, unsigned long long flags) { return handle(made); }
int fake_cudaEventCreate(P *made) { return handle(made); }
int fake_cudaEventCreateWithFlags(P *made, unsigned flags) { return handle(made); }
int fake_cudaEventElapsedTime(float *time, P a, P b) { *time = 1; return 0; }
int fake_cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *n, P f, int b, size_t s) {
    *n = 2;
    return 0;
}
int fake_cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *n, P f, int b, size_t s, unsigned g) {
    *n = 2;
    return 0;
}
const char *fake_cudaGetErrorName(int error) {
    return error == INVALID_DEVICE ? "cudaErrorInvalidDevice" : "cudaErrorUnknown";
}
const char *fake_cudaGetErrorString(int error) { return "pretended"; }

/* cuBLAS and cuSOLVER. */
int fake_cublasCreate_v2(P *made) { *made = calloc(1, 4096); return 0; }
int fake_cublasGetPointerMode_v2(P h, int *mode) { *mode = 0; return 0; }
int fake_cublasGetMathMode(P h, int *mode) { *mode = 0; return 0; }
int fake_cublasGetVersion_v2(P h, int *version) { *version = 120900; return 0; }
int fake_cublasGetStream_v2(P h, P *stream) { *stream = NULL; return 0; }
int fake_cusolverDnCreate(P *made) { *made = calloc(1, 4096); return 0; }

/* The driver, which is found by its own names. */
#define NOTHING(name) int name(void) { return 0; }
NOTHING(cuInit) NOTHING(cuCtxCreate_v2) NOTHING(cuCtxDestroy_v2) NOTHING(cuCtxPopCurrent)
NOTHING(cuCtxPushCurrent) NOTHING(cuCtxSetCurrent) NOTHING(cuDeviceGetAttribute)
NOTHING(cuDevicePrimaryCtxRelease) NOTHING(cuDevicePrimaryCtxRelease_v2)
NOTHING(cuDevicePrimaryCtxReset) NOTHING(cuDevicePrimaryCtxRetain) NOTHING(cuFuncSetAttribute)
NOTHING(cuLaunchCooperativeKernel) NOTHING(cuLaunchKernel) NOTHING(cuLaunchKernelEx)
NOTHING(cuLinkAddData_v2) NOTHING(cuLinkAddFile_v2) NOTHING(cuLinkDestroy)
NOTHING(cuMemcpyDtoH_v2) NOTHING(cuModuleUnload) NOTHING(cuStreamSynchronize)
NOTHING(cuTensorMapEncodeTiled)
int cuCtxGetCurrent(P *context) { return handle(context); }
int cuCtxGetDevice(int *device) { *device = current; return 0; }
int cuCtxGetLimit(size_t *value, int limit) { *value = 1024; return 0; }
int cuDeviceGet(int *device, int number) { *device = number; return 0; }
int cuDriverGetVersion(int *version) { *version = 12090; return 0; }
int cuGetErrorName(int error, const char **text) { *text = "CUDA_ERROR_UNKNOWN"; return 0; }
int cuGetErrorString(int error, const char **text) { *text = "pretended"; return 0; }
int cuLinkCreate_v2(unsigned n, P options, P values, P *made) { return handle(made); }
int cuLinkComplete(P state, P *binary, size_t *size) {
    static char nothing[64];
    *binary = nothing;
    *size = sizeof nothing;
    return 0;
}
int cuModuleLoad(P *made, const char *path) { return handle(made); }
int cuModuleLoadData(P *made, P data) { return handle(made); }
int cuModuleLoadDataEx(P *made, P data) { return handle(made); }
int cuModuleLoadFatBinary(P *made, P data) { return handle(made); }
int cuModuleGetFunction(P *made, P module, const char *name) { return handle(made); }
int cuModuleGetGlobal_v2(P *made, size_t *size, P module, const char *name) {
    static char space[65536];
    *made = space;
    *size = sizeof space;
    return 0;
}
int cuFuncGetAttribute(int *value, int attribute, P f) {
    *value = attribute == 0 ? 1024 : 0; /* threads in a block */
    return 0;
}
int cuOccupancyMaxActiveBlocksPerMultiprocessor(int *n, P f, int b, size_t s) { *n = 4; return 0; }
int cuOccupancyMaxPotentialBlockSize(int *grid, int *block) { *grid = 4; *block = 256; return 0; }
int cuStreamGetCtx(P stream, P *context) { return handle(context); }
