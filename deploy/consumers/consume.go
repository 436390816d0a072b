// Take suppressions off the queue. go get github.com/rabbitmq/amqp091-go
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"
)

type event struct {
	Subject *string `json:"subject"`
	Data    struct {
		Decision struct {
			Because string `json:"because"`
		} `json:"decision"`
	} `json:"data"`
}

// suppress does what your product does: an UPDATE that may run twice, because an event may come twice.
func suppress(address, because string) error {
	_, err := fmt.Println(address, because)
	return err
}

func main() {
	left, _ := strconv.Atoi(os.Getenv("COUNT")) // for trying it out: end after so many; 0: never
	connection, err := amqp.Dial(os.Getenv("AMQP_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		log.Fatal(err)
	}
	if err := channel.Qos(100, 0, false); err != nil {
		log.Fatal(err)
	}
	messages, err := channel.Consume("bounced.suppress", "", false, false, false, false, nil)
	if err != nil {
		log.Fatal(err)
	}
	for message := range messages {
		var found event
		if err := json.Unmarshal(message.Body, &found); err != nil {
			log.Fatal(err)
		}
		if found.Subject != nil { // nil where the report names nobody
			if err := suppress(*found.Subject, found.Data.Decision.Because); err != nil {
				log.Fatal(err)
			}
		}
		if err := message.Ack(false); err != nil { // only now: what was not acknowledged comes again
			log.Fatal(err)
		}
		if left--; left == 0 {
			return
		}
	}
	log.Fatal("the connection is gone") // have your supervisor start it again
}
