"""What an engine inherits of the daemon's environment: what is named here, and nothing else.

An environment can be read by every process of the same user and is written into crash dumps, so that a secret that
strayed into the daemon's must not go on to a process that runs models of strangers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NAMES = frozenset(
    {
        "HOME",
        "LANG",
        "LANGUAGE",
        "LOGNAME",
        "MEZZOTINT_FAILPOINT",
        "PATH",
        "SHELL",
        "TMPDIR",
        "TZ",
        "USER",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "XDG_CACHE_HOME",
    }
)

PREFIXES = (
    # the system: locale, linker, allocators, interpreter
    "LC_",
    "LD_",
    "DYLD_",
    "GLIBC_",
    "MALLOC_",
    "MIMALLOC_",
    "TCMALLOC_",
    "PYTHON",
    # the libraries that compute (of the hub's own variables only those below)
    "ACCELERATE_",
    "DIFFUSERS_",
    "PYTORCH_",
    "SAFETENSORS_",
    "TOKENIZERS_",
    "TORCH",
    "TRANSFORMERS_",
    "TRITON_",
    "HF_HUB_DISABLE_",
    "HF_HUB_OFFLINE",
    # processors
    "BLIS_",
    "DNNL_",
    "GOMP_",
    "GOTO_",
    "KMP_",
    "MKL_",
    "NUMEXPR_",
    "OMP_",
    "ONEDNN_",
    "OPENBLAS_",
    "VECLIB_",
    # graphics processors: NVIDIA, AMD, Intel
    "CUBLAS",
    "CUDA_",
    "CUDNN_",
    "NCCL_",
    "NVIDIA_",
    "AMD_",
    "GPU_",
    "HIP_",
    "HSA_",
    "MIOPEN_",
    "ROCBLAS_",
    "ROCM_",
    "ROCR_",
    "IGC_",
    "IPEX_",
    "LIBOMPTARGET_",
    "NEO",
    "ONEAPI_",
    "OCL_",
    "SYCL_",
    "UR_",
    "ZE_",
    "ZES_",
    "ZET_",
)

SECRET = re.compile(r"TOKEN(?!IZERS)|SECRET|PASSW|CREDENTIAL|API_?KEY|PRIVATE_?KEY|AUTH")
"""In a name: it is not handed on, whatever the name begins with."""


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The part of the daemon's environment that an engine gets."""
    return {name: value for name, value in inherited.items() if _may_pass(name)}


def _may_pass(name: str) -> bool:
    return (name in NAMES or name.startswith(PREFIXES)) and not SECRET.search(name.upper())
