using ActorDcp.Persistence;
using ActorDcp.Tests.Persistence;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Xunit2;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace ActorDcp.Tests.VBuckets.Journal;

/// <summary>The journal on SQLite with the settings that ship.</summary>
public sealed class VBucketJournalActorTests : TestKit
{
    private static readonly GroupKey Group = new("audit", "5d0c5b1a");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly DateTimeOffset At = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private readonly SqliteFile _file;
    private readonly ITestOutputHelper _output;

    public VBucketJournalActorTests(ITestOutputHelper output) : this(new SqliteFile(), output)
    {
    }

    private VBucketJournalActorTests(SqliteFile file, ITestOutputHelper output) : base(Configuration(file)) =>
        (_file, _output) = (file, output);

    protected override void AfterAll()
    {
        base.AfterAll();
        _file.Delete();
    }

    [Fact]
    public void A_fact_is_answered_when_it_is_durable_and_recovered_by_the_next_start()
    {
        var journal = Start(out var history);
        Assert.Equal(VBucketHistory.Empty, history);

        var recorded = Record(journal, new VBucketFact.Paused(new OwnershipEpoch(3), At, "by hand"));
        Stop(journal);
        Start(out var recovered);

        Assert.Equal("by hand", recovered.PausedReason);
        Assert.Equal(recorded, recovered);
    }

    [Fact]
    public void A_stale_epoch_is_rejected()
    {
        var journal = Start(out _);
        Record(journal, Taken(5));

        journal.Tell(new VBucketJournal.Record(Taken(4)), TestActor);

        Assert.Contains("stale", ExpectMsg<VBucketJournal.RecordRejected>(Patience).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fact_sent_again_is_kept_once()
    {
        var journal = Start(out _);
        Record(journal, Taken(1));

        Assert.Single(Record(journal, Taken(1)).Facts);
    }

    [Fact]
    public async Task Snapshots_keep_the_journal_bounded_and_lose_nothing()
    {
        var journal = Start(out _, snapshotEvery: 5);
        VBucketHistory last = VBucketHistory.Empty;
        for (var epoch = 1; epoch <= 63; epoch++)
            last = Record(journal, Taken(epoch));

        await AwaitConditionAsync(async () => await CountAsync("journal") <= 8 && await CountAsync("snapshot") <= 2, Patience);
        Stop(journal);
        Start(out var recovered, snapshotEvery: 5);

        Assert.Equal(last, recovered);
        Assert.Equal(63, recovered.Facts.Length);
    }

    [Fact]
    public async Task However_often_a_vbucket_moves_its_rows_stay_few()
    {
        const int Moves = 50;
        const int SnapshotEvery = 10;
        var (facts, snapshots) = (0L, 0L);
        for (var epoch = 1; epoch <= Moves; epoch++)
        {
            var journal = Start(out _, SnapshotEvery);
            Record(journal, Taken(epoch));
            // the last fact of every fifth is the one that is followed by a snapshot: the move does not wait for it
            Record(journal, new VBucketFact.Paused(new OwnershipEpoch(epoch), At, "by hand"));
            Stop(journal);
            facts = Math.Max(facts, await CountAsync("journal"));
            snapshots = Math.Max(snapshots, await CountAsync("snapshot"));
        }
        Start(out var recovered, SnapshotEvery);

        _output.WriteLine($"{Moves} moves: at most {facts} facts and {snapshots} snapshots, a history of {recovered.Facts.Length}");
        Assert.Equal(new OwnershipEpoch(Moves), recovered.Epoch);
        Assert.Equal(VBucketHistory.MaxFacts, recovered.Facts.Length);
        // what such a move leaves goes with the next snapshot, and that takes a moment
        Assert.InRange(facts, 1, 3 * SnapshotEvery);
        Assert.InRange(snapshots, 1, 4);
    }

    [Fact]
    public async Task A_file_that_another_process_keeps_locked_is_said_in_words_and_costs_no_fact()
    {
        var journal = Start(out _);
        Record(journal, Taken(1));
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(LogEvent));
        await using (var other = new SqliteConnection(_file.ConnectionString))
        {
            await other.OpenAsync();
            await using var locks = await other.BeginTransactionAsync();
            Watch(journal);
            journal.Tell(new VBucketJournal.Record(Taken(2)), TestActor);
            ExpectTerminated(journal, Patience);
        }

        var lines = log.ReceiveWhile<string>(line => line.ToString()!, Patience, TimeSpan.FromMilliseconds(100)).ToList();
        Assert.Contains(lines, line => line.Contains("another writer keeps the SQLite file locked", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("database is locked", StringComparison.OrdinalIgnoreCase));
        journal = Start(out var recovered);
        Assert.Equal([Taken(1)], recovered.Facts.ToArray());
        Assert.Equal([Taken(1), Taken(2)], Record(journal, Taken(2)).Facts.ToArray());
    }

    [Fact]
    public void Vbuckets_groups_and_bucket_incarnations_have_journals_of_their_own()
    {
        Assert.Equal("actordcp-audit-5d0c5b1a-7", VBucketJournalActor.PersistenceIdOf(Group, new VBucketId(7)));
    }

    private IActorRef Start(out VBucketHistory history, int snapshotEvery = VBucketJournalActor.DefaultSnapshotEvery)
    {
        var journal = Sys.ActorOf(VBucketJournalActor.Props(Group, new VBucketId(7), TestActor, snapshotEvery));
        history = ExpectMsg<VBucketJournal.Recovered>(Patience).History;
        return journal;
    }

    private VBucketHistory Record(IActorRef journal, VBucketFact fact)
    {
        journal.Tell(new VBucketJournal.Record(fact), TestActor);
        var recorded = ExpectMsg<VBucketJournal.Recorded>(Patience);
        Assert.Equal(fact, recorded.Fact);
        return recorded.History;
    }

    private void Stop(IActorRef journal)
    {
        Watch(journal);
        Sys.Stop(journal);
        ExpectTerminated(journal, Patience);
    }

    private async Task<long> CountAsync(string table)
    {
        await using var connection = new SqliteConnection(_file.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {table}";
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static VBucketFact.OwnershipTaken Taken(long epoch) => new(new OwnershipEpoch(epoch), At, "m");

    private static Config Configuration(SqliteFile file)
    {
        file.CreateTables();
        return JournalConfiguration.Sqlite(file.ConnectionString + ";Default Timeout=1").WithFallback("akka.actor.provider = remote");
    }
}
