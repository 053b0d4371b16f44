// Package ci holds what careen does for CI systems: the gate that judges a build
// against limits and the build of its target branch, and the workflow files that
// make a CI system ask it.
//
// Everything here is a pure function of values. It reads no file and no
// environment and asks no network; the façade hands it what it needs. How a
// verdict is written is the work of package report. The gate tells a regression
// from noise or says that it cannot: it never judges a time by a single build,
// nor by builds of two machines.
package ci
