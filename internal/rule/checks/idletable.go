package checks

import (
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
)

// A handy is a package for people in a container, or for the program that runs there.
type handy struct {
	commands []string // what it brings, and programs that look for it
	files    []string // what else of it is taken out of a stage
	hidden   bool     // scripts, build systems and programs call it without saying so
	secures  bool     // brings certificates, itself or as a recommendation
}

// byHand knows such packages by their names in Debian, Ubuntu and Alpine.
func byHand(name string) (handy, bool) {
	calls := func(commands string) (handy, bool) { return handy{commands: strings.Fields(commands)}, true }
	hides := func(commands string, files ...string) (handy, bool) {
		return handy{commands: strings.Fields(commands), files: files, hidden: true}, true
	}
	switch name {
	case "vim", "vim-tiny", "vim-nox":
		return calls("vim vi vim.basic vim.tiny vim.nox vimdiff view ex rvim xxd")
	case "nano":
		return calls("nano rnano pico editor")
	case "less":
		return calls("less lesspipe lessecho lesskey pager")
	case "htop":
		return calls("htop")
	case "net-tools":
		return calls("ifconfig netstat route arp rarp nameif ipmaddr iptunnel mii-tool plipconfig slattach")
	case "iproute2":
		return calls("ip ss tc bridge rtmon lnstat nstat routel rtacct devlink")
	case "iputils-ping", "iputils":
		return calls("ping ping4 ping6 arping tracepath")
	case "dnsutils", "bind9-dnsutils", "bind-tools":
		return calls("dig nslookup nsupdate host delv mdig")
	case "telnet":
		return calls("telnet")
	case "tree":
		return calls("tree")
	case "procps":
		return calls("ps top free pgrep pkill pidof pidwait pmap pwdx slabtop sysctl tload uptime vmstat w watch skill snice kill")
	case "psmisc":
		return calls("killall fuser pstree peekfd prtstat pslog")
	case "lsof":
		return calls("lsof")
	case "traceroute":
		return calls("traceroute traceroute6 tcptraceroute lft")
	case "mtr-tiny", "mtr":
		return calls("mtr mtr-packet")
	case "tmux":
		return calls("tmux")
	case "screen":
		return calls("screen")
	case "bash-completion":
		return calls("bash_completion complete compgen dh_bash-completion")
	case "strace":
		return calls("strace strace-log-merge")
	case "man-db":
		return calls("man mandb apropos whatis manpath catman")
	case "tcpdump":
		return handy{commands: []string{"tcpdump"}, files: accounts()}, true
	case "netcat", "netcat-openbsd", "netcat-traditional":
		return hides("nc netcat nc.openbsd nc.traditional")
	case "sudo":
		return hides("sudo visudo sudoedit sudoers sudoers.d", accounts()...)
	case "jq":
		return hides("jq")
	case "sqlite3", "sqlite":
		return hides("sqlite3 sqldiff sqlite")
	case "postgresql-client":
		return hides("psql pg_dump pg_dumpall pg_restore pg_isready pg_basebackup createdb dropdb createuser dropuser vacuumdb reindexdb pg_config libpq")
	case "default-mysql-client", "mysql-client", "mariadb-client":
		return hides("mysql mysqldump mysqladmin mysqlcheck mariadb mariadb-dump mariadb-admin mysql_config mariadb_config")
	case "redis-tools":
		return hides("redis-cli redis-benchmark redis-check-aof redis-check-rdb")
	case "tini", "dumb-init", "gosu":
		return hides("tini dumb-init gosu")
	case "tzdata":
		return hides("tzdata zoneinfo localtime timezone tzselect zdump zic TZ", "/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone")
	case "curl", "wget":
		return handy{commands: []string{name}, hidden: true, secures: true}, true
	case "ca-certificates":
		return handy{commands: strings.Fields("update-ca-certificates ca-certificates ca-certificates.crt certs"), files: []string{"/etc/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates"}, hidden: true, secures: true}, true
	case "openssh-client":
		return hides("ssh scp sftp ssh-add ssh-agent ssh-keygen ssh-keyscan ssh-copy-id .ssh git go rsync", accounts()...)
	}
	return handy{}, false
}

// accounts are the files that a package with a user of its own changes.
func accounts() []string { return []string{"/etc/passwd", "/etc/group", "/etc/shadow"} }

// usage is what the commands behind an installation call.
type usage struct {
	words    map[string]bool // every word of their text
	anything bool            // one of them may call what its text does not say
	network  bool            // one of them may need certificates
}

// of tells whether a package may be in use.
func (u usage) of(pkg handy) bool {
	return pkg.hidden && u.anything || pkg.secures && u.network ||
		slices.ContainsFunc(pkg.commands, func(name string) bool { return u.words[name] })
}

// usesAfter reads what runs behind a call: the rest of its own step, and the later
// ones of its stage and of stages built on it.
func usesAfter(p *rule.Pass, s step, c call) usage {
	u := usage{words: map[string]bool{}}
	certified := surroundingsOf(p, s).base() == "golang"
	u.read(script(p, s.Instruction).Commands[c.at+1:], certified)
	u.mention(string(p.File.Source[c.cmd.Span.End:s.Span.End]))
	for _, other := range after(heirs(p, s), s) {
		sc := script(p, other.Instruction)
		if sc == nil || sc.Err != nil {
			u.anything = true
		} else {
			u.read(sc.Commands, certified)
		}
		u.mention(other.Text())
	}
	return u
}

// mention notes the words of a text.
func (u usage) mention(text string) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.+", r)
	}) {
		u.words[w] = true
	}
}

func (u *usage) read(commands []*shell.Command, certified bool) {
	for _, c := range commands {
		switch {
		case !transparent(c):
			u.anything = true
		case c.Name == "go" && !certified, c.Name == "git", c.Name == "apt-get", c.Name == "apt", c.Name == "apk", c.Name == "add-apt-repository":
			u.network = true
		}
	}
}

// transparent tells whether a command is known to call nothing but what its
// arguments name and what its own package depends on.
func transparent(c *shell.Command) bool {
	switch c.Name {
	case "":
		return len(c.Words) == 0
	case "go":
		switch first(c) {
		case "build", "install", "mod", "get", "env", "version", "vet", "list", "clean", "fmt":
			return true
		}
		return false // run, test, generate and tool start programs of the project's
	}
	return slices.Contains(strings.Fields(`
		: [ [[ test true false set export cd pwd echo printf exit umask unset readonly read sleep shopt hash type command which wait
		cat cp mv rm ln ls mkdir rmdir mktemp touch chmod chown chgrp install stat du df dd head tail cut tr sort uniq wc tee date
		basename dirname readlink realpath sha256sum sha512sum md5sum sha1sum base64 id uname nproc arch env truncate sync seq yes
		sed grep egrep fgrep awk find tar gzip gunzip zcat xz unxz bzip2 bunzip2 unzip zip diff cmp file
		useradd groupadd adduser addgroup usermod groupmod userdel deluser getent passwd chpasswd
		apt-get apt apk apt-mark apt-cache dpkg ldconfig update-alternatives locale-gen git curl wget jq gpg
		gcc g++ cc c++ ld ar strip ldd upx setcap getcap`), c.Name)
}

// takenOut tells whether a COPY or a mount of another stage may take something of
// the package out of the stage.
func takenOut(p *rule.Pass, s *dockerfile.Stage, pkg handy) bool {
	places := slices.Clone(pkg.files)
	for _, name := range pkg.commands {
		for _, dir := range []string{"/usr/bin", "/usr/sbin", "/bin", "/sbin"} {
			places = append(places, path.Join(dir, name))
		}
	}
	return mountedFrom(p, s) || slices.ContainsFunc(places, func(at string) bool { return copiedFrom(p, s, at) })
}

// mountedFrom tells whether a RUN elsewhere sees the stage's files.
func mountedFrom(p *rule.Pass, s *dockerfile.Stage) bool {
	for _, st := range p.File.Stages {
		for _, other := range runsOf(st) {
			run, ok := other.Run()
			if !ok {
				continue
			}
			for _, m := range run.Mounts {
				if m.From != "" && (strings.Contains(m.From, "$") || means(p, m.From, s)) {
					return true
				}
			}
		}
	}
	return false
}

// aboutInstall tells whether a comment speaks of installing such packages and of
// nothing else, or is one for a linter about the instruction below.
func aboutInstall(comment string) bool {
	if forLinter(comment) || comment == whyKeep {
		return true
	}
	words := strings.FieldsFunc(strings.ToLower(comment), func(r rune) bool { return strings.ContainsRune(" \t,.;:()/&+", r) })
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool {
		_, known := byHand(w)
		return !known && !slices.Contains(strings.Fields(`install installs installing installation add adds get fetch update updates
			system os apt apt-get apk debian alpine linux network networking debug debugging troubleshooting diagnostic diagnostics interactive
			basic common useful handy some few extra additional needed required necessary other our the a an and or for of to with in we
			tool tools tooling utility utilities utils package packages dependency dependencies deps software things stuff list lists runtime editor editors shell
			certificate certificates time zone zones timezone`), w)
	})
}

// forLinter tells whether a comment switches rules off for the instruction below.
func forLinter(comment string) bool {
	word, rest, _ := strings.Cut(comment, " ")
	switch strings.ToLower(strings.TrimSuffix(word, ":")) {
	case "careen", "hadolint", "tally":
		return strings.HasPrefix(strings.TrimSpace(rest), "ignore=")
	}
	return false
}
