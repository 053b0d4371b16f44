package verify

import (
	"slices"
	"testing"
)

func TestPlainCommand(t *testing.T) {
	shell := func(script string) []string { return []string{"/bin/sh", "-c", script} }
	for _, test := range []struct {
		argv []string
		want []string // nil: not provably plain
	}{
		{shell("./server"), []string{"./server"}},
		{shell("exec ./server --port 8080"), []string{"./server", "--port", "8080"}},
		{shell(`node 'dist/my app.js' "--name=a b"`), []string{"node", "dist/my app.js", "--name=a b"}},
		{shell("  ./server  "), []string{"./server"}},
		{shell("./server $PORT"), nil},
		{shell(`./server "$PORT"`), nil},
		{shell("./server `date`"), nil},
		{shell("./server $(date)"), nil},
		{shell("./server *.conf"), nil},
		{shell("./server ~/x"), nil},
		{shell("./server {a,b}"), nil},
		{shell(`./server a\ b`), nil},
		{shell(`./server "a\"b"`), nil},
		{shell("PORT=1 ./server"), nil},
		{shell("./server > /tmp/log"), nil},
		{shell("./server | tee log"), nil},
		{shell("./server &"), nil},
		{shell("./a; ./b"), nil},
		{shell("./a && ./b"), nil},
		{shell("! ./a"), nil},
		{shell("echo hello"), nil},
		{shell("exec -a name ./server"), nil},
		{shell("exec"), nil},
		{shell("cd /app"), nil},
		{shell("if true; then ./a; fi"), nil},
		{shell("'"), nil},
		{shell(""), nil},
		{[]string{"./server"}, nil},
		{[]string{"/bin/sh", "-ec", "./server"}, nil},
	} {
		got, ok := plainCommand(test.argv)
		if ok != (test.want != nil) || !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q %v, want %q", test.argv, got, ok, test.want)
		}
	}
}
