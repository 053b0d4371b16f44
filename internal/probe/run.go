package probe

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// run starts a command as a child, with this process's streams, and always ends
// with status 0 itself: how the command ended is told by a trailer after its last
// byte on standard error. Some container engines end a whole container when one
// further process in it fails, and so must never see one fail. SIGTERM kills the
// command and what it started.
func run(args []string, in io.Reader, out, errOut io.Writer) error {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return errors.New("run: no command")
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errOut
	setGroup(cmd)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(errOut, "careen: %v\n", err)
		return trail(errOut, notFound)
	}
	go func() {
		<-stop
		killGroup(cmd.Process.Pid)
	}()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintf(errOut, "careen: %v\n", err)
		return trail(errOut, notFound)
	}
	return trail(errOut, exitCode(cmd.ProcessState))
}

// notFound is what a shell says of a command that it cannot start.
const notFound = 127

const trailer = "\x00careen exit "

func trail(w io.Writer, code int) error {
	_, err := fmt.Fprintf(w, "%s%d\x00", trailer, code)
	return err
}

// MaxTrailer is the length of the longest trailer, in bytes.
const MaxTrailer = len(trailer) + 4

// CutTrailer takes the trailer of `probe run` off the end of its standard error.
func CutTrailer(text []byte) (rest []byte, code int, ok bool) {
	at := strings.LastIndex(string(text), trailer)
	if at < 0 || text[len(text)-1] != 0 {
		return text, 0, false
	}
	code, err := strconv.Atoi(string(text[at+len(trailer) : len(text)-1]))
	if err != nil {
		return text, 0, false
	}
	return text[:at], code, true
}
