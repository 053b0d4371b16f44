package buildkit

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/frontend/dockerfile/builder"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/tonistiigi/fsutil"

	"github.com/careenhq/careen/internal/engine"
)

// dockerfileName is what the Dockerfile is called in the transfer to the builder.
const dockerfileName = "Dockerfile"

// Build builds once.
func (e *Engine) Build(ctx context.Context, req engine.Request) (*engine.Result, error) {
	local, err := stageDockerfile(req)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(local)
	opt, err := solveOpt(req, local)
	if err != nil {
		return nil, err
	}
	rec := newRecorder(req)
	ch := make(chan *client.SolveStatus)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for status := range ch {
			rec.add(status)
		}
	}()
	began := time.Now()
	reply, err := e.client.Build(ctx, *opt, "", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		return builder.Build(ctx, &tap{Client: g, rec: rec})
	}, ch)
	<-done
	if err != nil {
		return nil, rec.failure(ctx, err)
	}
	result := rec.result(time.Since(began))
	if req.Output == "" {
		return result, nil
	}
	return result, e.attachImage(result, req.Output, reply.ExporterResponse["containerimage.digest"], rec)
}

// stageDockerfile writes the Dockerfile and its ignore file to a directory of
// their own: neither has to exist in the project.
func stageDockerfile(req engine.Request) (string, error) {
	dir, err := os.MkdirTemp("", "careen-dockerfile-")
	if err != nil {
		return "", fmt.Errorf("dockerfile: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, dockerfileName), req.Dockerfile, 0o644); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("dockerfile: %w", err)
	}
	ignore := req.Ignore
	if ignore == nil && req.Name != "" {
		if text, err := os.ReadFile(filepath.Join(req.Context, filepath.Base(req.Name)+".dockerignore")); err == nil {
			own := string(text)
			ignore = &own
		}
	}
	if ignore == nil {
		return dir, nil
	}
	// The frontend takes an empty file for an absent one and would read the context's.
	text := *ignore + "\n# end\n"
	if err := os.WriteFile(filepath.Join(dir, dockerfileName+".dockerignore"), []byte(text), 0o644); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("dockerignore: %w", err)
	}
	return dir, nil
}

func solveOpt(req engine.Request, local string) (*client.SolveOpt, error) {
	attached, err := attachables(req.Secrets)
	if err != nil {
		return nil, err
	}
	contextFS, err := fsutil.NewFS(req.Context)
	if err != nil {
		return nil, fmt.Errorf("build context: %w", err)
	}
	dockerfileFS, err := fsutil.NewFS(local)
	if err != nil {
		return nil, fmt.Errorf("dockerfile: %w", err)
	}
	opt := &client.SolveOpt{
		LocalMounts:   map[string]fsutil.FS{"context": contextFS, "dockerfile": dockerfileFS},
		FrontendAttrs: attrs(req),
		Session:       attached,
		SharedKey:     req.Context,
	}
	opt.CacheImports, opt.CacheExports = cacheOptions(req)
	if req.Output != "" {
		if err := os.RemoveAll(req.Output); err != nil {
			return nil, fmt.Errorf("output: %w", err)
		}
		attrs := exportAttrs(req)
		attrs["tar"] = "false"
		opt.Exports = append(opt.Exports, client.ExportEntry{Type: client.ExporterOCI, Attrs: attrs, OutputDir: req.Output})
	}
	if req.Push != "" {
		attrs := exportAttrs(req)
		attrs["name"], attrs["push"], attrs["oci-mediatypes"] = req.Push, "true", "true"
		opt.Exports = append(opt.Exports, client.ExportEntry{Type: client.ExporterImage, Attrs: attrs})
	}
	return opt, nil
}

// cacheOptions are the imports and exports of the cache.
func cacheOptions(req engine.Request) (from, to []client.CacheOptionsEntry) {
	for _, ref := range req.CacheFrom {
		from = append(from, client.CacheOptionsEntry{Type: "registry", Attrs: map[string]string{"ref": ref}})
	}
	c := req.CacheTo
	switch {
	case c == nil:
		return from, nil
	case c.Mode == engine.CacheInline:
		return from, []client.CacheOptionsEntry{{Type: "inline"}}
	}
	attrs := map[string]string{
		"ref": c.Ref, "mode": string(cmp.Or(c.Mode, engine.CacheMin)), "compression": string(cmp.Or(c.Compression, engine.Gzip)),
		"oci-mediatypes": "true", "image-manifest": "true",
	}
	return from, []client.CacheOptionsEntry{{Type: "registry", Attrs: attrs}}
}

func attrs(req engine.Request) map[string]string {
	a := map[string]string{"filename": dockerfileName}
	set := func(key, value string) {
		if value != "" {
			a[key] = value
		}
	}
	set("target", req.Target)
	set("platform", req.Platform)
	set("cmdline", CarriedSyntax(req.Dockerfile, req.BuildArgs)) // not to be fetched: it is here
	if req.NoCache {
		a["no-cache"] = ""
	}
	for key, value := range req.BuildArgs {
		a["build-arg:"+key] = value
	}
	if req.Epoch != nil {
		a["build-arg:SOURCE_DATE_EPOCH"] = strconv.FormatInt(req.Epoch.Unix(), 10)
	}
	if req.Attestation {
		a["attest:provenance"] = "mode=max"
	}
	return a
}

// exportAttrs fixes the compression: without it the exporter takes whichever
// variant an earlier export left behind.
func exportAttrs(req engine.Request) map[string]string {
	a := map[string]string{"compression": string(cmp.Or(req.Compression, engine.Gzip))}
	if req.Epoch != nil {
		a["rewrite-timestamp"] = "true"
	}
	return a
}

// attachables answer the builder's questions for credentials and secrets.
func attachables(secrets []engine.Secret) ([]session.Attachable, error) {
	docker := config.LoadDefaultConfigFile(os.Stderr)
	attached := []session.Attachable{authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: authprovider.LoadAuthConfig(docker),
	})}
	if len(secrets) == 0 {
		return attached, nil
	}
	var sources []secretsprovider.Source
	for _, s := range secrets {
		sources = append(sources, secretsprovider.Source{ID: s.ID, FilePath: s.File, Env: s.Env})
	}
	store, err := secretsprovider.NewStore(sources)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return append(attached, secretsprovider.NewSecretProvider(store)), nil
}
