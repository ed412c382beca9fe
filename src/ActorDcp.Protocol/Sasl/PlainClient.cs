using System.Text;

namespace ActorDcp.Protocol.Sasl;

/// <summary>PLAIN (RFC 4616): empty authorization id, NUL, user, NUL, password.</summary>
internal sealed class PlainClient : SaslClient
{
    private readonly string _user;
    private readonly string _password;

    internal PlainClient(string user, string password)
        : base(SaslMechanism.Plain)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentNullException.ThrowIfNull(password);
        if (user.Contains('\0', StringComparison.Ordinal) || password.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("user name and password hold no NUL", nameof(user));
        _user = user;
        _password = password;
    }

    public override byte[] Start() => Encoding.UTF8.GetBytes($"\0{_user}\0{_password}");

    public override byte[] Respond(ReadOnlySpan<byte> challenge) =>
        throw new ProtocolException("PLAIN knows no challenge, but the server sent one");

    public override void Finish(ReadOnlySpan<byte> last)
    {
        // the server proves nothing in PLAIN; some servers say a word of success
    }
}
