//go:build !linux

package aws

import "syscall"

// ownGroup asks for nothing: only Linux can end a child with its parent.
func ownGroup() *syscall.SysProcAttr { return nil }
