package verify

import (
	"reflect"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// unread are the fields of an image's configuration that no runtime takes over into a
// container: they describe the container that an old `docker commit` was made of.
var unread = set("AttachStderr", "AttachStdin", "AttachStdout", "Domainname", "Hostname", "Image", "OpenStdin", "StdinOnce", "Tty",
	"ArgsEscaped", "NetworkDisabled", "MacAddress")

// TestEveryField holds that a change of any field of the configuration is a difference,
// fields that nothing reads excepted by name.
func TestEveryField(t *testing.T) {
	fields := reflect.TypeOf(v1.Config{})
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		t.Run(name, func(t *testing.T) {
			newer := service().clone()
			upset(reflect.ValueOf(&newer.config).Elem().Field(i))
			p := compareStatic(t, service(), newer, Options{})
			if got := found(p); (len(got) == 0) != unread[name] && name != "Shell" { // SHELL matters with a health check in shell form alone
				t.Errorf("%q", got)
			}
		})
	}
}

// upset gives a field another value than it has.
func upset(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "7")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.ValueOf("OTHER=7").Convert(v.Type().Elem())))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Pointer:
		v.Set(reflect.Zero(v.Type()))
	}
}
