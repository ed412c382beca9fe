using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Host.Producer;
using ActorDcp.Host.Serve;
using ActorDcp.Persistence;
using ActorDcp.Producer;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Host.Demo;

/// <summary>Everything at once with nothing installed: an embedded producer under live writes, one or more members, a live view.</summary>
internal sealed class DemoVerb : Verb
{
    /// <summary>Documents that are written over and over, so that a demo left running does not grow.</summary>
    private const long Keys = 20_000;

    private const int ValueSize = 256;

    private readonly Option<int> _vbuckets = OptionOf.Number("--vbuckets", "vbuckets of the bucket; counts when the folder is new", 64, 1, 1024);
    private readonly Option<int> _rate = OptionOf.Number("--rate", "documents to write a second", 500, 0, 1_000_000);
    private readonly Option<int> _members = OptionOf.Number("--members", "cluster members, all in this process", 1, 1, 8);
    private readonly Option<string?> _data = OptionOf.Text("--data", "folder that keeps the bucket and the progress [default: a folder of the user's]");
    private readonly Option<int?> _seconds = OptionOf.OptionalNumber("--seconds", "seconds to run; for ever when absent", 1, int.MaxValue);
    private readonly Option<bool> _json = OptionOf.Flag("--json", "print one object at the end instead of the live view");

    public DemoVerb()
        : base("demo", "Shows all of it with nothing installed: embedded producer, live writes, cluster, handler. Resumes on the next run.", "actordcp demo --vbuckets 64 --rate 500")
    {
        foreach (var option in new Option[] { _vbuckets, _rate, _members, _data, _seconds, _json })
            Options.Add(option);
    }

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        var folder = Folder(arguments.GetValue(_data));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(signals.Stopping);
        if (arguments.GetValue(_seconds) is { } seconds)
            ending.CancelAfter(TimeSpan.FromSeconds(seconds));
        using var log = new DemoLog();
        var producer = await StartProducerAsync(arguments, folder).ConfigureAwait(false);
        await using (producer.ConfigureAwait(false))
        {
            var tally = new DemoTally(producer.Bucket.VBucketCount, Path.Combine(folder, "handled.txt"), TimeProvider.System);
            var view = DemoView.Create(terminal, arguments.GetValue(_json), producer, tally, log);
            view.Begin(folder);
            await RunAsync(arguments, producer, folder, tally, view, log, ending.Token).ConfigureAwait(false);
            tally.Save();
            view.End();
            if (arguments.GetValue(_json))
                terminal.Fact(await SummaryAsync(producer, folder, tally).ConfigureAwait(false));
        }
        return signals.WasInterrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    private async Task RunAsync(
        ParseResult arguments, EmbeddedProducer producer, string folder, DemoTally tally, DemoView view, DemoLog log, CancellationToken ending)
    {
        var members = new List<LocalMember>();
        var writing = Task.CompletedTask;
        try
        {
            for (var i = 0; i < arguments.GetValue(_members); i++)
                members.Add(await DemoMember.StartAsync(producer, folder, members.FirstOrDefault()?.State.ClusterPort, tally, log, ending).ConfigureAwait(false));
            writing = new DocumentWriter(producer.Bucket, ValueSize, Keys).RunAsync(arguments.GetValue(_rate), TimeProvider.System, ending);
            await view.RunAsync(members[0].Status, ending).ConfigureAwait(false);
            await writing.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // told to end, perhaps while members still started
        }
        finally
        {
            view.Draining();
            foreach (var member in Enumerable.Reverse(members))
                await member.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<EmbeddedProducer> StartProducerAsync(ParseResult arguments, string folder)
    {
        try
        {
            return await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions
            {
                VBuckets = arguments.GetValue(_vbuckets),
                DataDirectory = Path.Combine(folder, "bucket"),
            }).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"{e.Message} (--data \"{folder}\" was made by another demo: name another folder, or remove it)", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or InvalidOperationException)
        {
            throw new FailureException($"--data \"{folder}\": {e.Message}", e);
        }
    }

    private static string Folder(string? configured)
    {
        var folder = configured ?? Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "actordcp", "demo");
        try
        {
            return Directory.CreateDirectory(folder).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"--data \"{folder}\" cannot be used ({e.Message}): name a folder that can be written", e);
        }
    }

    private static async Task<string> SummaryAsync(EmbeddedProducer producer, string folder, DemoTally tally)
    {
        using var database = new PersistenceDatabase(
            new PersistenceOptions(PersistenceProvider.Sqlite, DemoMember.Database(folder)), TimeProvider.System, NullLogger.Instance);
        var saved = await new SqlOffsetStore(database)
            .ReadAllAsync(new GroupKey(DemoMember.Group, producer.Bucket.Uuid), CancellationToken.None).ConfigureAwait(false);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("events", tally.Events);
            json.WriteNumber("vbuckets", producer.Bucket.VBucketCount);
            json.WriteNumber("handled", tally.HandledSum);
            json.WriteNumber("checkpointed", saved.Aggregate(0UL, (sum, row) => sum + row.Offset.Seqno.Value));
            json.WriteNumber("redelivered", tally.Redelivered);
            if (tally.FirstEvent != 0)
                json.WriteNumber("seconds_to_first_event", Math.Round(SecondsToFirstEvent(tally), 3));
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static double SecondsToFirstEvent(DemoTally tally)
    {
        var sinceFirst = TimeProvider.System.GetElapsedTime(tally.FirstEvent);
        using var process = Process.GetCurrentProcess();
        return (DateTime.Now - process.StartTime - sinceFirst).TotalSeconds;
    }
}
