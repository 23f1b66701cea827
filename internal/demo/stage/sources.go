package stage

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ReadSources reads what the provider is built from, below the root of the
// module. A test that runs the provider as a process of its own calls it: go
// test keeps a result until a file changes that the test has read, and does not
// see what the test had built. It has to be called by the test itself: what
// TestMain reads before is not noticed.
func ReadSources(root string) error {
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (strings.HasPrefix(e.Name(), ".") && path != root || e.Name() == "testdata"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"), e.Name() == "go.mod", e.Name() == "go.sum":
			_, err = os.ReadFile(path)
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the sources: %w", err)
	}
	return nil
}
