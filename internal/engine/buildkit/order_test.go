package buildkit

import (
	"fmt"
	"io"
	"slices"
	"testing"

	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"google.golang.org/grpc"
)

// scripted is a stream that gives messages in the order it was told.
type scripted struct {
	grpc.ClientStream
	messages []*gatewaypb.ExecMessage
}

func (s *scripted) RecvMsg(m any) error {
	if len(s.messages) == 0 {
		return io.EOF
	}
	assign(m.(*gatewaypb.ExecMessage), s.messages[0])
	s.messages = s.messages[1:]
	return nil
}

// TestOrderedStream holds that the exit code of a process comes before its end, and
// that nothing else changes places.
func TestOrderedStream(t *testing.T) {
	exit := func(process string, code uint32) *gatewaypb.ExecMessage {
		return &gatewaypb.ExecMessage{ProcessID: process, Input: &gatewaypb.ExecMessage_Exit{Exit: &gatewaypb.ExitMessage{Code: code}}}
	}
	done := func(process string) *gatewaypb.ExecMessage {
		return &gatewaypb.ExecMessage{ProcessID: process, Input: &gatewaypb.ExecMessage_Done{Done: &gatewaypb.DoneMessage{}}}
	}
	from := &scripted{messages: []*gatewaypb.ExecMessage{exit("b", 3), done("a"), done("b"), exit("a", 2), exit("c", 0), done("c")}}
	s := &orderedStream{ClientStream: from, exited: map[string]bool{}, held: map[string]*gatewaypb.ExecMessage{}}
	var got []string
	for {
		m := new(gatewaypb.ExecMessage)
		if err := s.RecvMsg(m); err != nil {
			break
		}
		what := "done"
		if m.GetExit() != nil {
			what = fmt.Sprint(m.GetExit().Code)
		}
		got = append(got, m.ProcessID+" "+what)
	}
	if want := []string{"b 3", "b done", "a 2", "a done", "c 0", "c done"}; !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
