// Command damage starts the real program on damaged ledgers and judges what it does.
//
// It grows a small ledger over HTTP and records every answer. Copies of its folders are kept at two ages, each taken
// after a clean stop and after kill -9, and some more taken while the server was running. For each case one copy is
// damaged, and the program is started on it. Acceptable outcomes:
//
//   - refused: it exits before it serves, and names what is damaged;
//   - healed: everything acknowledged is answered as acknowledged, verify and replay compare find nothing;
//   - harmless: the same, and the log says nothing out of the ordinary;
//   - loud: what log or vault cannot answer is a 503, with its cause in the log and in status. What can be rebuilt from
//     the log must heal.
//
// Everything else is a failure: above all a wrong answer, and something acknowledged that is silently lost. After a
// refusal the harness also checks that the damaged file is untouched, that the next start is refused as well, and that
// all is well once the damaged parts are put back. If the list of destructions is damaged and the ledger is served
// anyway, an earlier backup is restored with that list, and no erased person may come back.
//
//	go run ./faults/damage                     every case; exits 1 on a failure
//	go run ./faults/damage -quick              the selection that the test runs
//	go run ./faults/damage -list               lists the cases
//	go run ./faults/damage -only 'killed/*/vault/vault.db-wal' -v
//
// -seed places the damage, so a case can be repeated by name.
package main
