package parcel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// Main is the verb inside a build: `pack INTO DIR…` writes N.index and N.data for each
// directory and N.sum for what it holds; `unpack FROM DIR…` brings them back, and
// leaves a directory that is not empty as it is. It gives the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	if len(args) < 3 || args[0] != "pack" && args[0] != "unpack" {
		fmt.Fprintln(stderr, "want pack INTO DIR… or unpack FROM DIR…")
		return 2
	}
	work := packTo
	if args[0] == "unpack" {
		work = unpackFrom
	}
	for i, dir := range args[2:] {
		text, err := work(filepath.Join(args[1], strconv.Itoa(i)), dir)
		if err != nil {
			fmt.Fprintf(stderr, "%s: %v\n", dir, err)
			return 1
		}
		fmt.Fprintf(stdout, "%d %s\n", i, text)
	}
	return 0
}

// packTo packs one directory.
func packTo(base, dir string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return "", err
	}
	index, err := os.Create(base + ".index")
	if err != nil {
		return "", err
	}
	defer index.Close()
	data, err := os.Create(base + ".data")
	if err != nil {
		return "", err
	}
	defer data.Close()
	sum, err := Pack(dir, index, data)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(sum)
	if err != nil {
		return "", err
	}
	return string(text), errors.Join(index.Close(), data.Close(), os.WriteFile(base+".sum", text, 0o644))
}

// unpackFrom brings one directory back.
func unpackFrom(base, dir string) (string, error) {
	index, err := os.Open(base + ".index")
	if err != nil {
		return "", err
	}
	defer index.Close()
	data, err := os.Open(base + ".data")
	if err != nil {
		return "", err
	}
	defer data.Close()
	sum, err := Unpack(dir, index, data)
	if errors.Is(err, ErrFull) {
		return "full", nil
	}
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(sum)
	return string(text), err
}
