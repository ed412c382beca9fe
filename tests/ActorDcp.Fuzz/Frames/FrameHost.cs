using System.Diagnostics;
using System.Globalization;

namespace ActorDcp.Fuzz.Frames;

/// <summary>Runs the fuzzer on a thread of its own and watches that it gets on.</summary>
internal static class FrameHost
{
    private static readonly TimeSpan LongestForAnInput = TimeSpan.FromSeconds(60);

    internal static int Run(long inputs, int seed)
    {
        var recorded = RecordedFrames.Load();
        using var fuzzer = new FrameFuzzer(recorded, seed);
        string? fault = null;
        var since = Stopwatch.GetTimestamp();
        var thread = new Thread(() => fault = fuzzer.Run(inputs)) { IsBackground = true };
        thread.Start();
        for (var seen = -1L; !thread.Join(LongestForAnInput); seen = fuzzer.Inputs)
        {
            if (fuzzer.Inputs == seen)
                return Fail($"seed {seed}, input {seen}: nothing came of it within {LongestForAnInput.TotalSeconds} s: {fuzzer.Current}");
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fuzzer.Inputs:n0} inputs, {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s"));
        }
        if (fault is not null)
            return Fail($"seed {seed}, {fault}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"seed {seed}: {fuzzer.Inputs:n0} inputs from {recorded.Forms.Count} frames and {recorded.Streams.Count} streams in {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s: {fuzzer.Read:n0} read, {fuzzer.Refused:n0} refused, at most {fuzzer.LargestAllocation:n0} bytes allocated for one"));
        return 0;
    }

    private static int Fail(string what)
    {
        Console.Error.WriteLine(what);
        return 1;
    }
}
