package policy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/inshore-dev/inshore/policies/oci"
)

// Store writes a bundle to a file or an image layout (oci:FOLDER:TAG), and says
// where. A file is whole or not there: a webhook may be watching it.
func Store(ctx context.Context, where string, data []byte) (string, error) {
	if oci.IsReference(where) {
		reference, err := oci.ParseReference(where)
		if err != nil {
			return "", err
		}
		digest, err := oci.Push(ctx, reference, data)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s@%s", reference, digest), nil
	}
	file, err := os.CreateTemp(filepath.Dir(where), ".bundle-*")
	if err != nil {
		return "", fmt.Errorf("writing %s: %w", where, err)
	}
	defer os.Remove(file.Name()) // of no use once it was renamed
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), where)
	}
	if err != nil {
		return "", fmt.Errorf("writing %s: %w", where, err)
	}
	return where, nil
}
