"""Operators of MXNet 1.9.1 that this version does not serve: asking for one says so.

An operator that is added leaves this list; a test compares it with the registry. Those of MXNet's NumPy
interface are told by how they begin.
"""

from __future__ import annotations

_NAMES = """
    _CachedOp _CachedOpThreadSafe _CrossDeviceCopy _CustomFunction _NDArray _Native
    _NoGradient _adamw_update _broadcast_backward _cond _contrib_AdaptiveAvgPooling2D
    _contrib_BatchNormWithReLU _contrib_BilinearResize2D _contrib_CTCLoss
    _contrib_DeformableConvolution _contrib_DeformablePSROIPooling
    _contrib_ModulatedDeformableConvolution _contrib_MultiBoxDetection _contrib_MultiBoxPrior
    _contrib_MultiBoxTarget _contrib_MultiProposal _contrib_PSROIPooling _contrib_Proposal
    _contrib_ROIAlign _contrib_RROIAlign _contrib_SparseEmbedding _contrib_SyncBatchNorm
    _contrib_allclose _contrib_arange_like _contrib_bipartite_matching _contrib_boolean_mask
    _contrib_box_decode _contrib_box_encode _contrib_box_iou _contrib_box_nms
    _contrib_box_non_maximum_suppression _contrib_calibrate_entropy _contrib_count_sketch
    _contrib_ctc_loss _contrib_dequantize _contrib_dgl_adjacency
    _contrib_dgl_csr_neighbor_non_uniform_sample _contrib_dgl_csr_neighbor_uniform_sample
    _contrib_dgl_graph_compact _contrib_dgl_subgraph _contrib_div_sqrt_dim _contrib_edge_id
    _contrib_fft _contrib_getnnz _contrib_gradientmultiplier _contrib_group_adagrad_update
    _contrib_hawkesll _contrib_ifft _contrib_index_array _contrib_index_copy
    _contrib_interleaved_matmul_encdec_qk _contrib_interleaved_matmul_encdec_valatt
    _contrib_interleaved_matmul_selfatt_qk _contrib_interleaved_matmul_selfatt_valatt
    _contrib_quadratic _contrib_quantize _contrib_quantize_asym _contrib_quantize_v2
    _contrib_quantized_act _contrib_quantized_batch_norm _contrib_quantized_concat
    _contrib_quantized_conv _contrib_quantized_elemwise_add _contrib_quantized_elemwise_mul
    _contrib_quantized_embedding _contrib_quantized_flatten _contrib_quantized_fully_connected
    _contrib_quantized_pooling _contrib_quantized_rnn _contrib_requantize _contrib_round_ste
    _contrib_sign_ste _copyto _cvcopyMakeBorder _cvimdecode _cvimread _cvimresize _foreach
    _image_adjust_lighting _image_crop _image_flip_left_right _image_flip_top_bottom
    _image_normalize _image_random_brightness _image_random_color_jitter
    _image_random_contrast _image_random_flip_left_right _image_random_flip_top_bottom
    _image_random_hue _image_random_lighting _image_random_saturation _image_resize
    _image_to_tensor _imdecode _mp_adamw_update _multi_adamw_update _multi_lamb_update
    _multi_mp_adamw_update _multi_mp_lamb_update _onehot_encode _rnn_param_concat
    _scatter_elemwise_div _scatter_minus_scalar _scatter_plus_scalar _scatter_set_nd
    _set_value _sparse_ElementWiseSum _sparse_Embedding _sparse_FullyConnected
    _sparse_LinearRegressionOutput _sparse_LogisticRegressionOutput
    _sparse_MAERegressionOutput _sparse__contrib_round_ste _sparse__contrib_sign_ste
    _sparse_abs _sparse_adagrad_update _sparse_adam_update _sparse_add_n _sparse_arccos
    _sparse_arccosh _sparse_arcsin _sparse_arcsinh _sparse_arctan _sparse_arctanh
    _sparse_broadcast_add _sparse_broadcast_div _sparse_broadcast_minus _sparse_broadcast_mul
    _sparse_broadcast_plus _sparse_broadcast_sub _sparse_cast_storage _sparse_cbrt
    _sparse_ceil _sparse_clip _sparse_concat _sparse_cos _sparse_cosh _sparse_degrees
    _sparse_dot _sparse_elemwise_add _sparse_elemwise_div _sparse_elemwise_mul
    _sparse_elemwise_sub _sparse_exp _sparse_expm1 _sparse_fix _sparse_floor
    _sparse_ftrl_update _sparse_gamma _sparse_gammaln _sparse_log _sparse_log10 _sparse_log1p
    _sparse_log2 _sparse_make_loss _sparse_mean _sparse_negative _sparse_norm _sparse_radians
    _sparse_relu _sparse_retain _sparse_rint _sparse_round _sparse_rsqrt
    _sparse_sgd_mom_update _sparse_sgd_update _sparse_sigmoid _sparse_sign _sparse_sin
    _sparse_sinh _sparse_slice _sparse_sqrt _sparse_square _sparse_stop_gradient _sparse_sum
    _sparse_tan _sparse_tanh _sparse_trunc _sparse_where _sparse_zeros_like _split_v2_backward
    _square_sum _while_loop _zeros_without_dtype
"""
UNSERVED = frozenset(_NAMES.split())
NUMPY_NAMES = ("_np_", "_npi_", "_npx_")


def is_unserved(name: str) -> bool:
    """Whether it is the name of an operator of MXNet's that is not there."""
    return name in UNSERVED or name.startswith(NUMPY_NAMES)
