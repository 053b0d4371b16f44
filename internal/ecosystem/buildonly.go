package ecosystem

import "strings"

// BuildOnly tells whether a distribution's package serves to build software and
// is no use to software that has been built: compilers, build systems, headers.
// Interpreters, shells and libraries are not among them.
func BuildOnly(pkg string) bool {
	switch pkg {
	case "build-essential", "build-base", "gcc", "g++", "gcc-c++", "cpp", "clang", "clang++", "llvm", "make", "cmake", "ninja", "ninja-build",
		"meson", "autoconf", "automake", "libtool", "pkg-config", "pkgconf", "pkgconfig", "bison", "flex", "gdb", "valgrind", "strace",
		"musl-dev", "linux-headers", "alpine-sdk", "dpkg-dev", "debhelper", "binutils", "patch", "m4", "nasm", "yasm", "gfortran",
		"rpm-build", "kernel-headers", "glibc-devel", "python3-dev", "cargo", "rustc", "golang", "golang-go", "go", "scons", "ccache",
		"default-jdk", "default-jdk-headless", "swig", "gettext-dev", "checkinstall", "devscripts", "fakeroot", "bear", "cppcheck",
		"autotools-dev", "intltool", "re2c":
		return true
	}
	for _, p := range []string{"gcc-", "g++-", "clang-", "llvm-", "linux-headers-", "openjdk-"} {
		if rest, ok := strings.CutPrefix(pkg, p); ok {
			return versioned(rest) && (p != "openjdk-" || strings.Contains(rest, "jdk"))
		}
	}
	return strings.HasSuffix(pkg, "-dev") || strings.HasSuffix(pkg, "-devel")
}

// versioned tells whether the rest of a name begins with a number: "gcc-12" is a
// compiler, "gcc-base" is not.
func versioned(rest string) bool { return rest != "" && '0' <= rest[0] && rest[0] <= '9' }
