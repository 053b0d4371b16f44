package verify

import "testing"

// TestNormaliseLeavesNoTraceOfTheRun gives pairs as two runs of one program write
// them; they must become equal.
func TestNormaliseLeavesNoTraceOfTheRun(t *testing.T) {
	for _, pair := range [][2]string{
		{"2026-11-24T08:24:01.123Z started", "2026-11-25T09:00:59.9Z started"},
		{"2026/11/24 08:24:01 listening", "2026/11/24 08:24:02 listening"},
		{"Tue, 24 Nov 2026 08:24:01 GMT", "Wed, 25 Nov 2026 18:20:00 GMT"},
		{"Tue Nov 24 08:24:01 UTC 2026", "Wed Nov  4 08:24:01 UTC 2026"},
		{`127.0.0.1 - - [24/Nov/2026:08:24:01 +0000] "GET /"`, `127.0.0.1 - - [25/Nov/2026:09:24:01 +0000] "GET /"`},
		{"took 12.5ms", "took 1.25s"},
		{"request 1b4e28ba-2fa1-11d2-883f-0016d3cca427", "request 6fa459ea-ee8a-3ca4-894e-db77e160355e"},
		{"goroutine at 0xc000012345", "goroutine at 0xc00009abcd"},
		{"container 4f3c2a1b9d8e7f60", "container 0a1b2c3d4e5f6071"},
		{"[123] ready", "[4567] ready"},
		{"[Nest] 28  - 11/24/2026, 1:05:07 AM     LOG ready", "[Nest] 131  - 3/4/2027, 11:05:07 PM     LOG ready"},
		{"worker 12 started, pid=77", "worker 3 started, pid=9"},
		{`{"pid": 17,"time":1732436641123}`, `{"pid": 6,"time":1732436649999}`},
		{`{"responseTime":12}`, `{"responseTime":3.5}`},
		{"level=info took=12.5 path=/", "level=info took=3 path=/"},
		{"proxy at 127.0.0.1:45123", "proxy at 127.0.0.1:39001"},
	} {
		if a, b := normalise(pair[0]), normalise(pair[1]); a != b {
			t.Errorf("%q and %q become %q and %q", pair[0], pair[1], a, b)
		}
	}
}

func TestNormaliseKeepsWhatMatters(t *testing.T) {
	for _, pair := range [][2]string{
		{"listening on :8080", "listening on :8081"},
		{"listening on 127.0.0.1:8080", "listening on 127.0.0.1:8081"},
		{"version 1.2.3", "version 1.2.4"},
		{`{"items":3}`, `{"items":4}`},
		{"status 200", "status 500"},
		{"[total] 12 items", "[total] 13 items"},
		{"feedfacecafebeef", "deadbeefdeadbeef"}, // letters alone may be words
		{"total 123456789012", "total 123456789013"},
		{"error: no such table: notes", "error: no such table: tags"},
	} {
		if a, b := normalise(pair[0]), normalise(pair[1]); a == b {
			t.Errorf("%q and %q both become %q", pair[0], pair[1], a)
		}
	}
}
