// Package cloud builds the clouds' clients, each when it is first needed: who
// uses Cloud Run alone needs no credential of any other cloud, and configuring
// the provider makes no call. It is the one place for endpoint overrides,
// credentials, rate limits and what an error of a cloud means to us; and for
// what an answer holds that nobody here may keep.
package cloud
