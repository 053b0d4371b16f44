// Package dockerfile reads a Dockerfile into a syntax tree that loses nothing.
//
// Parse never fails: every byte sequence gives a File whose Print is the same
// bytes, and what BuildKit would refuse is listed as Problems. Continuations,
// comments inside them, heredocs, the escape directive, carriage returns, a byte
// order mark and invalid UTF-8 are all kept in place, and every part of the tree
// knows the bytes it came from. Where this package and BuildKit's parser both
// have an opinion they agree; the tests compare the two.
//
// Typed views (Run, Copy, From, …) interpret one instruction, Stage and the
// functions on File interpret the whole, and Editor turns intentions into
// span.Edit values: the tree itself is never changed, an edited file is parsed
// again.
//
// The package knows syntax only. What a shell makes of a RUN body is the work of
// internal/shell; which packages or caches a command touches is known to
// internal/ecosystem. It imports the standard library and package span.
package dockerfile
