// NumPy's .npy files.
//
//   "\x93NUMPY" | major, minor version | header length: 2 bytes (version 1) or 4 (2, 3), little
//   endian | header | data
//
// The header is a Python dictionary, {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), },
// padded with blanks and a newline so that the data are aligned to 64 bytes.
#ifndef GRAPHRUN_CORE_IO_NPY_H_
#define GRAPHRUN_CORE_IO_NPY_H_

#include <string>
#include <string_view>

#include "core/base/tensor.h"

namespace graphrun {

// Types f4, f8, i4, i8, i1, i2, u1, u2, u4, u8, f2, b1; little endian, C order (UNIMPLEMENTED for
// others). DATA_LOSS when the bytes are no .npy file or end too early. Errors name the file.
Tensor ReadNpy(const std::string& path);
Tensor ParseNpy(std::string_view bytes);

// REQUIRES: dtype() has a size and is not bfloat16 (UNIMPLEMENTED otherwise).
void WriteNpy(const std::string& path, const Tensor& tensor);
std::string FormatNpy(const Tensor& tensor);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_NPY_H_
