// Command damage starts the real program on damaged ledgers and judges what it makes of them.
//
// It grows a small ledger over HTTP and remembers every answer. Copies of its folders are kept at two ages, each taken
// after a clean stop and after kill -9, and some more that were taken while the server worked. For each case one copy is
// damaged, and the program is started on it. What is right:
//
//   - refused: it ends before it serves, and names what is damaged;
//   - healed: everything acknowledged is answered as it was acknowledged, verify and replay compare find nothing;
//   - harmless: the same, and the log says nothing out of the ordinary;
//   - loud: what log or vault cannot answer is a 503, with its cause in the log and in status. What can be made from
//     the log again has to heal.
//
// Everything else is a failure: above all a wrong answer, and something acknowledged that is gone without a word. After a
// refusal the harness looks also whether the damaged file is untouched, whether the next start is refused as well, and whether
// all is well once what was damaged is put back. Where the list of destructions is damaged and the ledger is served all the
// same, an earlier backup is restored by that list, and nobody who was erased may come back.
//
//	go run ./faults/damage                     every case; exits 1 on a failure
//	go run ./faults/damage -quick              the selection that the test runs
//	go run ./faults/damage -list               what there is
//	go run ./faults/damage -only 'killed/*/vault/vault.db-wal' -v
//
// Damage is placed by -seed, so a case can be repeated by its name.
package main
