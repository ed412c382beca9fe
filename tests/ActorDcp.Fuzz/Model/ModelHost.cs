using System.Diagnostics;
using System.Globalization;

namespace ActorDcp.Fuzz.Model;

/// <summary>Runs many histories and says what they came to.</summary>
internal static class ModelHost
{
    internal static int Run(int runs, int seed)
    {
        var rollbacks = new SortedDictionary<RollbackReason, long>();
        var requests = 0L;
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < runs; i++)
        {
            using var run = new ModelRun(seed + i, PlantedFault.None);
            if (!run.Go())
            {
                Console.Error.WriteLine($"seed {seed + i}: {run.Failure}");
                return 1;
            }
            requests += run.Consumer.Requests;
            foreach (var (reason, count) in run.Consumer.Rollbacks)
                rollbacks[reason] = rollbacks.GetValueOrDefault(reason) + count;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{runs:n0} runs from seed {seed} in {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s: {requests:n0} stream requests, none illegal; rollbacks {string.Join(", ", rollbacks.Select(each => $"{each.Key} {each.Value}"))}"));
        return 0;
    }
}
