// Signs a return path for bounced (docs/return-paths.md).
// Usage: go run sign.go KEYS RECIPIENT DOMAIN [REFERENCE [DAY]]
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var uuid = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
var text = regexp.MustCompile(`^[\x20-\x7e]{0,16}$`)
var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Key is a line of the file of keys.
type Key struct {
	ID     byte
	Secret []byte
}

// SigningKey reads the key that signs, the last one, from the file of keys.
func SigningKey(path string) (Key, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Key{}, err
	}
	var last []string
	for _, line := range strings.Split(string(content), "\n") {
		if fields := strings.Fields(line); len(fields) == 3 && !strings.HasPrefix(line, "#") {
			last = fields
		}
	}
	if last == nil {
		return Key{}, errors.New("there is no key in " + path)
	}
	id, err := strconv.ParseUint(last[0], 10, 8)
	if err != nil {
		return Key{}, err
	}
	secret, err := hex.DecodeString(last[2])
	return Key{byte(id), secret}, err
}

// Sign gives the envelope sender for a message to recipient: an address of domain.
func (key Key) Sign(recipient, domain, reference, prefix string, day uint16) (string, error) {
	packed := []byte(reference)
	if uuid.MatchString(reference) {
		packed, _ = hex.DecodeString(strings.ReplaceAll(reference, "-", ""))
	} else if !text.MatchString(reference) {
		return "", errors.New("the reference is no UUID, nor at most 16 printable ASCII characters")
	}
	lower := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, recipient)
	signed := append([]byte{key.ID, byte(day >> 8), byte(day)}, packed...)
	signed = append(signed, key.sum("bounced recipient 1\x00"+lower)...)
	mac := key.sum("bounced return path 1\x00" + string(signed))
	return prefix + encoding.EncodeToString(append(signed, mac...)) + "@" + domain, nil
}

func (key Key) sum(octets string) []byte {
	mac := hmac.New(sha256.New, key.Secret)
	mac.Write([]byte(octets))
	return mac.Sum(nil)[:8]
}

func main() {
	arguments := append(os.Args[1:], "", "")
	day := time.Now().Unix() / 86400
	if given := arguments[4]; given != "" {
		day, _ = strconv.ParseInt(given, 10, 32)
	}
	key, err := SigningKey(arguments[0])
	if err == nil {
		var path string
		if path, err = key.Sign(arguments[1], arguments[2], arguments[3], "b-", uint16(day)); err == nil {
			fmt.Println(path)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
