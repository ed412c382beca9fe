using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace ActorDcp.Tests.Persistence;

/// <summary>A database that is away when the first actor asks for the journal.</summary>
public sealed class JournalAwayTests : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly SqliteFile _file;

    public JournalAwayTests() : this(new SqliteFile())
    {
    }

    private JournalAwayTests(SqliteFile file) : base(Configuration(file)) => _file = file;

    protected override void AfterAll()
    {
        base.AfterAll();
        _file.Delete();
    }

    [Fact]
    public void The_journal_works_once_the_database_is_back()
    {
        var early = Start();
        Watch(early);
        ExpectTerminated(early, Patience);

        _file.ComeBack();
        _file.CreateTables();
        var journal = Start();
        ExpectMsg<VBucketJournal.Recovered>(Patience);
        journal.Tell(new VBucketJournal.Record(new VBucketFact.OwnershipTaken(new OwnershipEpoch(1), DateTimeOffset.UnixEpoch, "m")), TestActor);

        ExpectMsg<VBucketJournal.Recorded>(Patience);
    }

    private IActorRef Start() => Sys.ActorOf(VBucketJournalActor.Props(SqlStoreTests.Group, new VBucketId(1), TestActor));

    private static Akka.Configuration.Config Configuration(SqliteFile file)
    {
        file.GoAway();
        return JournalConfiguration.Sqlite(file.ConnectionString).WithFallback("akka.actor.provider = remote");
    }
}
