using System.Buffers.Binary;
using ActorDcp.EndToEnd.Tests.Kill;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace ActorDcp.EndToEnd.Tests.BackPressure;

/// <summary>A handler that stops, stops the node, within the window; when it goes on, all of it arrives.</summary>
[Collection(MeasuresTheHeap.Name)]
public sealed class BackPressureTests(ITestOutputHelper output)
{
    private const int Window = 1024 * 1024;
    private const byte RequestMagic = 0x80;
    private const byte BufferAck = 0x5d;

    /// <summary>What an idle member's own work may leave on the heap between two measurements.</summary>
    private const long Unrest = 8 * 1024 * 1024;

    [Fact]
    public async Task A_handler_that_stops_holds_the_window_and_no_more_and_all_arrives_when_it_goes_on()
    {
        const int loaded = 20_000;
        using var folder = new TestFolder();
        await using var producer = HostProcess.Start(["producer", "--port", "0", "--vbuckets", "16", "--load", $"{loaded}", "--rate", "2000", "--value-size", "1024"]);
        var port = await ServeProcess.PortAsync(producer, "kv");
        var gate = new HandlerGate();
        await using var member = await StartAsync(port, folder, gate);
        await using var watch = new LedgerWatch(member);
        var state = member.Service<MemberState>();
        // warm: everything that is rented or compiled once has been
        await Eventually.TrueAsync(() => gate.Handled > loaded, () => $"{gate.Handled} handled");
        var before = GC.GetTotalMemory(forceFullCollection: true);

        gate.Shut();
        var received = 0L;
        await Eventually.TrueAsync(
            () =>
            {
                // what was in work when the gate shut is handled first, and makes room for as much
                var (earlier, now) = (received, LedgerWatch.Ledgers(state).Sum(ledger => ledger.TotalReceived));
                received = now;
                return now == earlier && LedgerWatch.Ledgers(state).Any(ledger => ledger.Unacknowledged >= Window - ledger.LargestCharge);
            },
            () => $"{LedgerWatch.Ledgers(state).Sum(ledger => ledger.Unacknowledged)} bytes unacknowledged");
        var handled = gate.Handled;
        var full = GC.GetTotalMemory(forceFullCollection: true);
        var owed = Owed(state);
        await Eventually.TrueAsync(() => Owed(state) >= owed + 10_000, () => $"{Owed(state)} changes wait at the node");
        var later = GC.GetTotalMemory(forceFullCollection: true);

        output.WriteLine($"heap {before:n0} before, {full:n0} with the window full, {later:n0} with {Owed(state) - owed:n0} more changes waiting");
        Assert.InRange(gate.Handled, handled, handled + 16);
        Assert.InRange(LedgerWatch.Ledgers(state).Sum(ledger => ledger.TotalReceived), received, received + Window / 8);
        Assert.True(full - before < Window * 2 + Unrest, $"the heap grew from {before} to {full} for a window of {Window}");
        Assert.True(later - full < Unrest, $"the heap grew from {full} to {later} while nothing was handled");
        gate.Open();
        var all = gate.Handled + (long)Owed(state);
        await Eventually.TrueAsync(() => gate.Handled >= all, () => $"{gate.Handled} handled of {all}");
        Assert.Empty(await watch.EndAsync());
        Assert.True(watch.Samples > 100, $"{watch.Samples} samples");
        output.WriteLine($"{watch.Samples} samples, at most {watch.LargestUnacknowledged:n0} unacknowledged");
    }

    [Fact]
    public async Task Bytes_acknowledged_twice_are_found_in_the_books()
    {
        using var folder = new TestFolder();
        await using var producer = HostProcess.Start(["producer", "--port", "0", "--vbuckets", "16", "--load", "20000", "--value-size", "1024"]);
        await using var relay = new FrameRelay(
            await ServeProcess.PortAsync(producer, "kv"),
            toProducer: frame => FrameRelay.Magic(frame) == RequestMagic && FrameRelay.Opcode(frame) == BufferAck ? [Doubled(frame)] : [frame]);
        var gate = new HandlerGate();
        gate.Shut();
        await using var member = await StartAsync(relay.Port, folder, gate);
        await using var watch = new LedgerWatch(member);
        var state = member.Service<MemberState>();

        // the window is full but for what each round of batches frees, which the node is told twice
        await Eventually.TrueAsync(
            () =>
            {
                gate.Open();
                gate.Shut();
                return LedgerWatch.Ledgers(state).Any(ledger => ledger.Overruns > 0) || gate.Handled == 20_000;
            },
            () => $"{gate.Handled} handled");
        gate.Open();
        await Eventually.TrueAsync(() => gate.Handled == 20_000, () => $"{gate.Handled} handled");

        var violations = await watch.EndAsync();
        Assert.Contains("the node sent although the window was full", violations);
    }

    private static byte[] Doubled(byte[] acknowledgement)
    {
        var bytes = acknowledgement.AsSpan(24);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, BinaryPrimitives.ReadUInt32BigEndian(bytes) * 2);
        return acknowledgement;
    }

    private static ulong Owed(MemberState state) =>
        state.Group!.Board.Rows.Aggregate(0UL, (sum, row) =>
            sum + Math.Max(state.Group.HighSeqnos[row.VBucket].Value, row.Progress!.Handled.Seqno.Value) - row.Progress.Handled.Seqno.Value);

    private static Task<TestMember> StartAsync(int port, TestFolder folder, HandlerGate gate) =>
        TestMember.StartAsync(
            $"couchbase://127.0.0.1:{port}", folder.Path,
            builder =>
            {
                builder.Services.AddSingleton(gate);
                builder.AddHandler<GatedHandler>();
            },
            ("ActorDcp:Window", "1MiB"));
}
