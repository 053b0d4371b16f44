package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen/internal/engine"
)

// buildFlags are the flags of `docker build` that careen's building verbs share.
type buildFlags struct {
	file      string
	target    string
	platform  string
	buildArgs []string
	secrets   []string
}

func (b *buildFlags) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&b.file, "file", "", "Dockerfile (default PATH/Dockerfile)")
	flags.StringVar(&b.target, "target", "", "stage to build")
	flags.StringVar(&b.platform, "platform", "", "platform to build for, e.g. linux/amd64")
	flags.StringArrayVar(&b.buildArgs, "build-arg", nil, "build argument KEY=VALUE, or KEY to take it from the environment")
	flags.StringArrayVar(&b.secrets, "secret", nil, "secret for RUN --mount=type=secret: id=ID,src=FILE or id=ID,env=VAR")
}

// args parses --build-arg; KEY alone is looked up in the environment and left
// out when it is not set there, as docker does.
func (b *buildFlags) args(getenv func(string) string) (map[string]string, error) {
	args := map[string]string{}
	for _, arg := range b.buildArgs {
		key, value, given := strings.Cut(arg, "=")
		if key == "" {
			return nil, fmt.Errorf("--build-arg %q: want KEY=VALUE", arg)
		}
		if !given {
			if value = getenv(key); value == "" {
				continue
			}
		}
		args[key] = value
	}
	return args, nil
}

// parsedSecrets parses --secret as docker does: src (or source) is a file, env a
// variable; with neither, a variable or file named like the ID is not guessed.
func (b *buildFlags) parsedSecrets() ([]engine.Secret, error) {
	var secrets []engine.Secret
	for _, spec := range b.secrets {
		var s engine.Secret
		for _, field := range strings.Split(spec, ",") {
			key, value, _ := strings.Cut(field, "=")
			switch key {
			case "id":
				s.ID = value
			case "src", "source":
				s.File = value
			case "env":
				s.Env = value
			case "type":
			default:
				return nil, fmt.Errorf("--secret: unknown field %q; want id=ID,src=FILE or id=ID,env=VAR", key)
			}
		}
		if s.ID == "" || (s.File == "") == (s.Env == "") {
			return nil, fmt.Errorf("--secret %q: want id=ID,src=FILE or id=ID,env=VAR", spec)
		}
		secrets = append(secrets, s)
	}
	return secrets, nil
}
