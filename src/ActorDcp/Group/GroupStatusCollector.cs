using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace ActorDcp.Group;

/// <summary>What the members told of the group.</summary>
/// <param name="Complete">Whether every member answered, and every vbucket runs in exactly one place and is not on its way there.</param>
/// <param name="Members">Every member of the group in the cluster, also those that did not answer.</param>
/// <param name="Nodes">Connections, a row a member and node.</param>
/// <param name="VBuckets">Rows by vbucket; where two members name one, the higher epoch's.</param>
internal sealed record CollectedStatus(
    bool Complete, IReadOnlyList<CollectedMember> Members, IReadOnlyList<NodeStatus> Nodes, IReadOnlyList<VBucketStatus> VBuckets);

/// <summary>A member as the cluster and it itself see it.</summary>
internal sealed record CollectedMember(string Name, string Address, string State, int VBuckets);

/// <summary>Asks every member of the group for its rows and puts them together; lives for one question.</summary>
internal sealed class GroupStatusCollector : UntypedActor, IWithTimers
{
    private readonly string _group;
    private readonly int _vbuckets;
    private readonly TaskCompletionSource<CollectedStatus> _answer;
    private readonly TimeSpan _timeout;
    private readonly Dictionary<Address, Answers> _members = [];
    private readonly long _correlation = Random.Shared.NextInt64();

    /// <param name="group">Name of the group.</param>
    /// <param name="vbuckets">How many vbuckets its bucket has.</param>
    /// <param name="timeout">How long members may take to answer.</param>
    /// <param name="answer">Gets what they said.</param>
    public GroupStatusCollector(string group, int vbuckets, TimeSpan timeout, TaskCompletionSource<CollectedStatus> answer)
    {
        _group = group;
        _vbuckets = vbuckets;
        _timeout = timeout;
        _answer = answer;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        var name = GroupMemberActor.NameOf(_group);
        var request = new GroupMessages.StatusRequest(_group, _correlation);
        foreach (var member in Cluster.Get(Context.System).State.Members.Where(member => member.HasRole(name)))
        {
            _members[member.Address] = new Answers(member);
            Context.ActorSelection(new RootActorPath(member.Address) / "user" / name).Tell(request);
        }
        Timers.StartSingleTimer(nameof(TimeUp), TimeUp.Instance, _timeout);
        FinishWhenWhole();
    }

    protected override void PostStop() => _answer.TrySetException(new OperationCanceledException("the member is stopping"));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case GroupMessages.StatusPiece piece when piece.Correlation == _correlation:
                OnPiece(piece);
                break;
            case TimeUp:
                Finish();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnPiece(GroupMessages.StatusPiece piece)
    {
        var address = Sender.Path.Address.HasLocalScope ? Cluster.Get(Context.System).SelfAddress : Sender.Path.Address;
        if (!_members.TryGetValue(address, out var answers))
            return;
        answers.Pieces[piece.Piece] = piece;
        FinishWhenWhole();
    }

    private void FinishWhenWhole()
    {
        if (_members.Values.All(answers => answers.IsWhole))
            Finish();
    }

    private void Finish()
    {
        var rows = _members.Values.SelectMany(answers => answers.Pieces.Values).SelectMany(piece => piece.VBuckets).ToList();
        var byVBucket = rows.GroupBy(row => row.VBucket).Select(same => same.MaxBy(row => row.Epoch)!).OrderBy(row => row.VBucket).ToList();
        var whole = _members.Values.All(answers => answers.IsWhole);
        _answer.TrySetResult(new CollectedStatus(
            whole && rows.Count == _vbuckets && byVBucket.Count == _vbuckets && !byVBucket.Exists(row => row.IsOnTheMove),
            [.. _members.Values.OrderBy(answers => answers.Member.Address.ToString(), StringComparer.Ordinal).Select(answers => answers.View())],
            [.. _members.Values.SelectMany(answers => answers.Pieces.Values).SelectMany(piece => piece.Nodes)],
            byVBucket));
        Context.Stop(Self);
    }

    private sealed class Answers(Member member)
    {
        public Member Member { get; } = member;

        public Dictionary<int, GroupMessages.StatusPiece> Pieces { get; } = [];

        public bool IsWhole => Pieces.Count > 0 && Pieces.Count == Pieces.Values.First().Pieces;

        public CollectedMember View() => new(
            Pieces.Values.FirstOrDefault()?.Member ?? "",
            Member.Address.ToString(),
            IsWhole ? Member.Status.ToString() : $"{Member.Status}, does not answer",
            Pieces.Values.Sum(piece => piece.VBuckets.Length));
    }

    private sealed class TimeUp : INoSerializationVerificationNeeded
    {
        public static readonly TimeUp Instance = new();
    }
}
