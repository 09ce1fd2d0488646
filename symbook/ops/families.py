"""Which file defines which operators: made by `python tests/build_operators.py`.

A file is loaded when one of its operators is first asked for.
"""

from __future__ import annotations

_TEXT = """
custom: Custom
ops.accumulate: _backward_cumsum _histogram _np_cumsum cumsum
ops.activation: Activation _backward_Activation
ops.arithmetic: ElementWiseSum _Div _Hypot _Maximum _Minimum _Minus _Mod _Mul _Plus _Power _add
    _div _grad_add _hypot _maximum _minimum _minus _mod _mul _plus _power _sub add_n broadcast_add
    broadcast_div broadcast_hypot broadcast_maximum broadcast_minimum broadcast_minus
    broadcast_mod broadcast_mul broadcast_plus broadcast_power broadcast_sub elemwise_add
    elemwise_div elemwise_mul elemwise_sub
ops.backward: _backward_broadcast _backward_stretched
ops.batch_norm: BatchNorm BatchNorm_v1 _backward_BatchNorm
ops.cast: Cast _backward_Cast amp_cast amp_multicast cast cast_storage ones_like zeros_like
ops.choice: _backward_sample_multinomial _sample_multinomial _sample_unique_zipfian
    sample_multinomial
ops.columns: _backward_im2col col2im im2col
ops.comparison: _Equal _Greater _Greater_Equal _Lesser _Lesser_Equal _Logical_And _Logical_Or
    _Logical_Xor _Not_Equal _equal _greater _greater_equal _lesser _lesser_equal _logical_and
    _logical_or _logical_xor _not_equal broadcast_equal broadcast_greater broadcast_greater_equal
    broadcast_lesser broadcast_lesser_equal broadcast_logical_and broadcast_logical_or
    broadcast_logical_xor broadcast_not_equal
ops.convolution: Convolution Convolution_v1 _backward_Convolution_data
    _backward_Convolution_weight
ops.correlation: Correlation _backward_Correlation
ops.create: _arange _eye _full _linspace _ones _zeros
ops.ctc: CTCLoss _backward_CTCLoss ctc_loss
ops.deconvolution: Deconvolution _backward_Deconvolution_data _backward_Deconvolution_weight
ops.dense: Embedding FullyConnected _backward_Embedding _backward_rows
ops.density: _backward_random_pdf_gather _backward_random_pdf_spread _random_pdf_dirichlet
    _random_pdf_exponential _random_pdf_gamma _random_pdf_generalized_negative_binomial
    _random_pdf_negative_binomial _random_pdf_normal _random_pdf_poisson _random_pdf_uniform
    random_pdf_dirichlet random_pdf_exponential random_pdf_gamma
    random_pdf_generalized_negative_binomial random_pdf_negative_binomial random_pdf_normal
    random_pdf_poisson random_pdf_uniform
ops.distribution: _random_gamma_like _random_generalized_negative_binomial
    _random_generalized_negative_binomial_like _random_negative_binomial
    _random_negative_binomial_like _random_poisson_like _sample_gamma
    _sample_generalized_negative_binomial _sample_negative_binomial _sample_poisson
    random_generalized_negative_binomial random_negative_binomial sample_gamma
    sample_generalized_negative_binomial sample_negative_binomial sample_poisson
ops.dropout: Dropout
ops.extremes: argmax argmax_channel argmin
ops.gather: _backward_gather_nd _ravel_multi_index _unravel_index fill_element_0index gather_nd
    ravel_multi_index scatter_nd unravel_index
ops.index: _backward_clip _backward_diag _backward_pick _backward_take batch_take
    choose_element_0index clip diag one_hot pick take where
ops.join: Concat SliceChannel _backward_Concat _split_v2 concat depth_to_space space_to_depth
    split stack
ops.leaky: LeakyReLU _backward_LeakyReLU _backward_prelu
ops.linalg: _backward_dot_lhs _backward_dot_rhs batch_dot dot khatri_rao
ops.local_norm: L2Normalization LRN _backward_L2Normalization _backward_LRN _backward_moments
    moments
ops.loss: IdentityAttachKLSparseReg MakeLoss SVMOutput _backward_IdentityAttachKLSparseReg
    _backward_MakeLoss _backward_SVMOutput make_loss smooth_l1
ops.matrix: _linalg_gemm _linalg_gemm2 _linalg_syrk linalg_gemm linalg_gemm2 linalg_syrk
ops.matrix_factors: _backward_linalg_inverse _linalg_det _linalg_gelqf _linalg_inverse
    _linalg_potrf _linalg_potri _linalg_slogdet _linalg_syevd linalg_det linalg_gelqf
    linalg_inverse linalg_potrf linalg_potri linalg_slogdet
ops.matrix_parts: _linalg_extractdiag _linalg_extracttrian _linalg_makediag _linalg_maketrian
    _linalg_sumlogdiag linalg_extractdiag linalg_extracttrian linalg_makediag linalg_maketrian
    linalg_sumlogdiag
ops.matrix_triangular: _backward_linalg_triangle _linalg_trmm _linalg_trsm linalg_trmm linalg_trsm
ops.normalization: GroupNorm InstanceNorm LayerNorm _backward_GroupNorm _backward_InstanceNorm
    _backward_LayerNorm
ops.optimizer: nag_mom_update sgd_mom_update sgd_update signsgd_update signum_update
ops.optimizer_adaptive: adam_update ftml_update ftrl_update rmsprop_update rmspropalex_update
ops.optimizer_checks: all_finite multi_all_finite multi_lars multi_sum_sq
ops.optimizer_lamb: lamb_update_phase1 lamb_update_phase2 mp_lamb_update_phase1
    mp_lamb_update_phase2
ops.optimizer_many: multi_mp_sgd_mom_update multi_mp_sgd_update multi_sgd_mom_update
    multi_sgd_update preloaded_multi_mp_sgd_mom_update preloaded_multi_mp_sgd_update
    preloaded_multi_sgd_mom_update preloaded_multi_sgd_update reset_arrays
ops.optimizer_mixed: mp_nag_mom_update mp_sgd_mom_update mp_sgd_update
ops.pooling: Pooling _backward_Pooling _backward_backward_Pooling
ops.pooling_v1: Pooling_v1 _backward_Pooling_v1
ops.random: _random_exponential _random_exponential_like _random_gamma _random_normal
    _random_normal_like _random_poisson _random_randint _random_uniform _random_uniform_like
    _sample_exponential _sample_normal _sample_uniform _shuffle normal random_exponential
    random_gamma random_normal random_poisson random_randint random_uniform sample_exponential
    sample_normal sample_uniform shuffle uniform
ops.recurrent: RNN _backward_RNN
ops.reduce: _backward_mean _backward_sum max max_axis mean min min_axis nanprod nansum norm prod
    sum sum_axis
ops.regions: Crop ROIPooling _backward_Crop _backward_ROIPooling
ops.regression: LinearRegressionOutput LogisticRegressionOutput MAERegressionOutput
    _backward_LinearRegressionOutput _backward_LogisticRegressionOutput
    _backward_MAERegressionOutput
ops.reshape: Flatten Reshape expand_dims flatten reshape reshape_like squeeze
ops.scalar: _DivScalar _EqualScalar _GreaterEqualScalar _GreaterScalar _HypotScalar
    _LesserEqualScalar _LesserScalar _LogicalAndScalar _LogicalOrScalar _LogicalXorScalar
    _MaximumScalar _MinimumScalar _MinusScalar _ModScalar _MulScalar _NotEqualScalar _PlusScalar
    _PowerScalar _RDivScalar _RMinusScalar _RModScalar _RPowerScalar _div_scalar _equal_scalar
    _greater_equal_scalar _greater_scalar _hypot_scalar _lesser_equal_scalar _lesser_scalar
    _logical_and_scalar _logical_or_scalar _logical_xor_scalar _maximum_scalar _minimum_scalar
    _minus_scalar _mod_scalar _mul_scalar _not_equal_scalar _plus_scalar _power_scalar
    _rdiv_scalar _rminus_scalar _rmod_scalar _rpower_scalar
ops.sequence: SequenceLast SequenceMask SequenceReverse _backward_SequenceLast
ops.shape: BlockGrad SwapAxis _copy _identity_with_attr_like_rhs flip identity reverse shape_array
    size_array stop_gradient swapaxes transpose
ops.slicing: _backward_slice _backward_slice_axis _backward_slice_like _crop_assign
    _crop_assign_scalar _slice_assign _slice_assign_scalar crop slice slice_axis slice_like
ops.softmax: SoftmaxActivation _backward_log_softmax _backward_softmax log_softmax softmax softmin
ops.softmax_output: Softmax SoftmaxOutput _backward_SoftmaxOutput _backward_softmax_cross_entropy
    softmax_cross_entropy
ops.sorting: _backward_topk argsort sort topk
ops.stretch: Pad _backward_Pad _backward_repeat _backward_tile broadcast_axes broadcast_axis
    broadcast_like broadcast_to pad repeat tile
ops.unary: _backward_digamma _backward_gammaln _backward_relu abs arccos arccosh arcsin arcsinh
    arctan arctanh cbrt ceil cos cosh degrees erf erfinv exp expm1 fix floor gamma gammaln
    hard_sigmoid log log10 log1p log2 logical_not negative radians rcbrt reciprocal relu rint
    round rsqrt sigmoid sign sin sinh softsign sqrt square tan tanh trunc
ops.upsampling: UpSampling _backward_UpSampling
ops.vision: BilinearSampler GridGenerator SpatialTransformer _backward_BilinearSampler
    _backward_GridGenerator
"""


def _read(text: str) -> dict[str, str]:
    module, found = "", {}
    for word in text.split():
        if word.endswith(":"):
            module = word[:-1]
        else:
            found[word] = module
    return found


_FAMILY_OF = _read(_TEXT)


def family_of(name: str) -> str | None:
    """The module that defines the operator of that name, or None."""
    return _FAMILY_OF.get(name)
