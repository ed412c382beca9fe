namespace ActorDcp.Cluster.Tests.Network;

/// <summary>The network between the members: each is reached through a relay, so that it can part.</summary>
internal sealed class MemberNetwork : IAsyncDisposable
{
    private readonly List<(Relay Relay, int BindPort)> _members = [];

    public MemberNetwork(int members)
    {
        for (var i = 0; i < members; i++)
        {
            int bind;
            do
            {
                bind = FreePort.Find();
            }
            // nobody listens there yet: it may be found twice
            while (_members.Exists(member => member.BindPort == bind));
            _members.Add((new Relay(bind, DialerOf), bind));
        }
    }

    /// <summary>Port that the others reach a member at.</summary>
    public int PortOf(int member) => _members[member].Relay.Port;

    /// <summary>Port that a member listens on.</summary>
    public int BindPortOf(int member) => _members[member].BindPort;

    /// <summary>Bytes that went between members, greetings apart.</summary>
    public long Passed => _members.Sum(member => member.Relay.Passed);

    /// <summary>No byte goes between these members and the others, either way; nobody is told.</summary>
    public void Part(params int[] side)
    {
        for (var i = 0; i < _members.Count; i++)
        {
            var inside = side.Contains(i);
            _members[i].Relay.Hold(dialer => side.Contains(dialer) != inside);
        }
    }

    public void Heal() => _members.ForEach(member => member.Relay.Pass());

    public async ValueTask DisposeAsync()
    {
        foreach (var (relay, _) in _members)
            await relay.DisposeAsync();
    }

    /// <summary>The greeting of a connection between members names who greets: its port is field 3 of its address.</summary>
    private int DialerOf(ReadOnlyMemory<byte> greeting)
    {
        for (var i = 0; i < _members.Count; i++)
            if (greeting.Span.IndexOf(PortField(PortOf(i))) >= 0)
                return i;
        throw new InvalidOperationException("a connection between members does not name who dialed");
    }

    private static byte[] PortField(int port)
    {
        var bytes = new List<byte> { 3 << 3 };
        for (var rest = port; ; rest >>= 7)
        {
            bytes.Add((byte)(rest > 0x7f ? rest | 0x80 : rest));
            if (rest <= 0x7f)
                return [.. bytes];
        }
    }
}
