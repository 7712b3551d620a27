package ebpf

// The objects are built with Debian 12's clang 14 and the headers of its packages
// libbpf-dev and linux-libc-dev, and are the same bytes from any checkout. The
// folders of two architectures are searched for the kernel's asm/ headers, of which
// only one exists.
//
// -mcpu=v2 (32-bit registers) needs Linux 5.3. Structs are hashed as words, hence
// no strict aliasing.
//
//go:generate go run github.com/cilium/ebpf/cmd/bpf2go -cc clang-14 -strip llvm-strip-14 -target bpfel,bpfeb inshore bpf/inshore.c -- -mcpu=v2 -fno-strict-aliasing -Wall -Wextra -Werror -idirafter /usr/include/x86_64-linux-gnu -idirafter /usr/include/aarch64-linux-gnu
