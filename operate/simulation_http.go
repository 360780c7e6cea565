package operate

import (
	"context"

	"accountledger/simulate"
)

// SimulateOverHTTP plays through the API of a running server. Its limits are raised, and codes come, for as long as the connection to its
// console stands.
func SimulateOverHTTP(ctx context.Context, c Console, in Simulation, progress func(Progress)) (simulate.Summary, error) {
	st, err := ReadStatus.Run(ctx, c, None{}, nil)
	if err != nil {
		return simulate.Summary{}, err
	}
	mail := simulate.NewMailroom()
	end, err := BeginSimulation(ctx, c, mail.Deliver)
	if err != nil {
		return simulate.Summary{}, err
	}
	defer end()
	o := in.Options(WorkersOverHTTP, progress)
	h, err := simulate.NewOverHTTP(ctx, "http://"+st.Address, o.Workers, mail)
	if err != nil {
		return simulate.Summary{}, err
	}
	return simulate.Run(ctx, o, simulate.Deps{Ledger: h, Operator: SimulationOperator(c), Views: h.Views(), Latencies: h.Latencies})
}
