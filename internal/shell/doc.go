// Package shell reads the commands of RUN, CMD and heredoc bodies and knows where
// each of their words stands in the Dockerfile.
//
// Parse takes a command line once, through mvdan.cc/sh, and lists its simple
// commands in the order of the text: name, words, assignments, how each is joined
// to what stands before it, what it is nested in, whether its failure fails the
// build. Wrappers (sudo, env, time, sh -c '…') are seen through. The edits it
// makes are span.Edit values that respect continuations and never drop a comment;
// where an edit cannot be made without doubt there is none, so a caller must be
// ready for nil.
//
// A rule needs a few lines:
//
//	sc := shell.Parse(run, state.Shell)
//	for _, c := range sc.Commands {
//		if c.Name == "apt-get" && c.Has("install") {
//			edits := c.Insert(c.Arg("install"), "--no-install-recommends")
//		}
//	}
//
// The package knows the shell's grammar only. What a program does with its
// arguments is known to internal/ecosystem, and Dockerfiles are package
// dockerfile's; it meets them through the interface Source. It runs nothing.
package shell
