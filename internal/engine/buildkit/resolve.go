package buildkit

import (
	"context"
	"fmt"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/careenhq/careen/internal/engine"
)

// Resolve asks what an image reference means now.
func (e *Engine) Resolve(ctx context.Context, ref, platform string) (*engine.Base, error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return nil, fmt.Errorf("image reference %q: %w", ref, err)
	}
	var p *ocispecs.Platform
	if platform != "" {
		parsed, err := platforms.Parse(platform)
		if err != nil {
			return nil, fmt.Errorf("platform %q: %w", platform, err)
		}
		p = &parsed
	}
	attached, err := attachables(nil)
	if err != nil {
		return nil, err
	}
	base := &engine.Base{Ref: ref, Platform: platform}
	_, err = e.client.Build(ctx, client.SolveOpt{Session: attached}, "", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		_, dgst, config, err := g.ResolveImageConfig(ctx, reference.TagNameOnly(named).String(), sourceresolver.Opt{
			ImageOpt: &sourceresolver.ResolveImageOpt{Platform: p},
		})
		base.Digest, base.Config = dgst.String(), config
		return gateway.NewResult(), err
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", ref, err)
	}
	return base, nil
}
