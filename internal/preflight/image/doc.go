// Package image is the preflight kind "image": an image is in its registry, and
// is made for the platform on which it is to run.
//
// A platform like Cloud Run takes an image for another processor without a word
// until it starts it, and then says that the container did not start. A
// multi-platform image is looked at by its index, another one by its
// configuration; no layer is fetched.
//
// The registry is asked with what docker would show it; Google's registries with
// the provider's own credentials.
//
// # What it cannot do
//
// It does not know whether the platform's own service agent may pull the image.
//
// # Where the rules come from
//
//   - Cloud Run runs linux/amd64: https://cloud.google.com/run/docs/container-contract#languages
//   - Image indexes: https://github.com/opencontainers/image-spec/blob/main/image-index.md
//   - Permissions of Artifact Registry: https://cloud.google.com/artifact-registry/docs/access-control
package image
