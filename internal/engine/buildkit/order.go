package buildkit

import (
	"context"
	"strings"

	"github.com/moby/buildkit/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"google.golang.org/grpc"
)

// Ordered is an option that every client of an Engine needs. When a process beside the
// first one fails while the first one ends, BuildKit may say that the first is done
// before it says with which exit code, and its client then takes the code for 0. The
// option holds such a message back until the other has come.
func Ordered() client.ClientOpt {
	return client.WithGRPCDialOption(grpc.WithChainStreamInterceptor(ordered))
}

func ordered(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := streamer(ctx, desc, cc, method, opts...)
	if err != nil || !strings.HasSuffix(method, "/ExecProcess") {
		return stream, err
	}
	return &orderedStream{ClientStream: stream, exited: map[string]bool{}, held: map[string]*gatewaypb.ExecMessage{}}, nil
}

// orderedStream is read by one goroutine, as every stream is.
type orderedStream struct {
	grpc.ClientStream
	exited map[string]bool                   // processes whose exit code was passed on
	held   map[string]*gatewaypb.ExecMessage // messages of the end that came too early
	next   *gatewaypb.ExecMessage            // to be passed on now
}

// RecvMsg gives the next message.
func (s *orderedStream) RecvMsg(m any) error {
	to, ok := m.(*gatewaypb.ExecMessage)
	if !ok {
		return s.ClientStream.RecvMsg(m)
	}
	for {
		if s.next != nil {
			assign(to, s.next)
			s.next = nil
			return nil
		}
		if err := s.ClientStream.RecvMsg(to); err != nil {
			return err
		}
		process := to.ProcessID
		switch {
		case to.GetExit() != nil:
			s.exited[process] = true
			s.next = s.held[process]
			delete(s.held, process)
			return nil
		case to.GetDone() != nil && !s.exited[process]:
			held := new(gatewaypb.ExecMessage)
			assign(held, to)
			s.held[process] = held
		default:
			return nil
		}
	}
}

// assign moves a message.
func assign(to, from *gatewaypb.ExecMessage) {
	to.ProcessID, to.Input = from.ProcessID, from.Input
}
