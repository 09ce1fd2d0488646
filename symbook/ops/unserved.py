"""Operators of MXNet 1.9.1 that this version does not serve: asking for one says so.

An operator that is added leaves this list; a test compares it with the registry.
"""

from __future__ import annotations

_NAMES = """
    Activation BatchNorm BatchNorm_v1 BilinearSampler CTCLoss Convolution Convolution_v1
    Correlation Crop Custom Deconvolution Dropout Embedding FullyConnected GridGenerator
    GroupNorm IdentityAttachKLSparseReg InstanceNorm L2Normalization LRN LayerNorm LeakyReLU
    LinearRegressionOutput LogisticRegressionOutput MAERegressionOutput MakeLoss Pooling
    Pooling_v1 RNN ROIPooling SVMOutput SequenceLast SequenceMask SequenceReverse Softmax
    SoftmaxActivation SoftmaxOutput SpatialTransformer UpSampling _histogram _linalg_det
    _linalg_extractdiag _linalg_extracttrian _linalg_gelqf _linalg_gemm _linalg_gemm2
    _linalg_inverse _linalg_makediag _linalg_maketrian _linalg_potrf _linalg_potri
    _linalg_slogdet _linalg_sumlogdiag _linalg_syevd _linalg_syrk _linalg_trmm _linalg_trsm
    _random_gamma_like _random_generalized_negative_binomial
    _random_generalized_negative_binomial_like _random_negative_binomial
    _random_negative_binomial_like _random_pdf_dirichlet _random_pdf_exponential
    _random_pdf_gamma _random_pdf_generalized_negative_binomial _random_pdf_negative_binomial
    _random_pdf_normal _random_pdf_poisson _random_pdf_uniform _random_poisson_like
    _ravel_multi_index _sample_gamma _sample_generalized_negative_binomial _sample_multinomial
    _sample_negative_binomial _sample_poisson _sample_unique_zipfian _split_v2 _unravel_index
    adam_update all_finite amp_cast amp_multicast argsort cast_storage col2im ctc_loss cumsum
    fill_element_0index ftml_update ftrl_update gather_nd im2col khatri_rao lamb_update_phase1
    lamb_update_phase2 linalg_det linalg_extractdiag linalg_extracttrian linalg_gelqf
    linalg_gemm linalg_gemm2 linalg_inverse linalg_makediag linalg_maketrian linalg_potrf
    linalg_potri linalg_slogdet linalg_sumlogdiag linalg_syrk linalg_trmm linalg_trsm
    log_softmax make_loss moments mp_lamb_update_phase1 mp_lamb_update_phase2 mp_nag_mom_update
    mp_sgd_mom_update mp_sgd_update multi_all_finite multi_lars multi_mp_sgd_mom_update
    multi_mp_sgd_update multi_sgd_mom_update multi_sgd_update multi_sum_sq nag_mom_update
    preloaded_multi_mp_sgd_mom_update preloaded_multi_mp_sgd_update
    preloaded_multi_sgd_mom_update preloaded_multi_sgd_update
    random_generalized_negative_binomial random_negative_binomial random_pdf_dirichlet
    random_pdf_exponential random_pdf_gamma random_pdf_generalized_negative_binomial
    random_pdf_negative_binomial random_pdf_normal random_pdf_poisson random_pdf_uniform
    ravel_multi_index reset_arrays rmsprop_update rmspropalex_update sample_gamma
    sample_generalized_negative_binomial sample_multinomial sample_negative_binomial
    sample_poisson scatter_nd sgd_mom_update sgd_update signsgd_update signum_update smooth_l1
    softmax softmax_cross_entropy softmin sort topk unravel_index
"""
UNSERVED = frozenset(_NAMES.split())
