//go:build linux

package embedded

import (
	"strings"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/moby/buildkit/cache/remotecache"
	inlinecache "github.com/moby/buildkit/cache/remotecache/inline"
	localcache "github.com/moby/buildkit/cache/remotecache/local"
	registrycache "github.com/moby/buildkit/cache/remotecache/registry"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/util/resolver/config"
	"github.com/moby/buildkit/worker/base"
)

// registryHosts resolves image references through the user's mirrors first.
func registryHosts(mirrors map[string][]string) docker.RegistryHosts {
	registries := map[string]config.RegistryConfig{}
	for host, urls := range mirrors {
		registries[host] = config.RegistryConfig{Mirrors: urls}
		for _, u := range urls {
			if plain, ok := strings.CutPrefix(u, "http://"); ok {
				yes := true
				mirror, _, _ := strings.Cut(plain, "/")
				registries[mirror] = config.RegistryConfig{PlainHTTP: &yes}
			}
		}
	}
	return resolver.NewRegistryConfig(registries)
}

func cacheExporters(sm *session.Manager, hosts docker.RegistryHosts) map[string]remotecache.ResolveCacheExporterFunc {
	return map[string]remotecache.ResolveCacheExporterFunc{
		"registry": registrycache.ResolveCacheExporterFunc(sm, hosts),
		"local":    localcache.ResolveCacheExporterFunc(sm),
		"inline":   inlinecache.ResolveCacheExporterFunc(),
	}
}

func cacheImporters(sm *session.Manager, w *base.Worker, hosts docker.RegistryHosts) map[string]remotecache.ResolveCacheImporterFunc {
	return map[string]remotecache.ResolveCacheImporterFunc{
		"registry": registrycache.ResolveCacheImporterFunc(sm, w.ContentStore(), hosts),
		"local":    localcache.ResolveCacheImporterFunc(sm),
	}
}
