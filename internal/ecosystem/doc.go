// Package ecosystem is what careen knows of package managers, one file each: how a
// call is recognised, what it keeps on disk and where a cache mount belongs, which
// manifests and lockfiles it reads, and which arguments make it leave caches or
// development dependencies out.
//
// It is plain data and functions on argument lists. A list is what stands behind
// the program's name; words that a shell computes are given as they are written
// ("$PACKAGES"). The package knows neither shells nor Dockerfiles, reads no file
// and runs nothing. What it does not recognise it says nothing about.
package ecosystem
