using System.Security.Cryptography;
using System.Text;

namespace ActorDcp.Producer.Access;

/// <summary>The users of a producer. Passwords are kept only as SCRAM keys and are never logged.</summary>
internal sealed class UserAccounts
{
    private readonly Dictionary<string, ScramCredential[]> _users = [];
    private readonly byte[] _decoySalt = RandomNumberGenerator.GetBytes(16);

    public UserAccounts(string user, string password) => Add(user, password);

    public void Add(string user, string password) =>
        _users[user] = [.. ScramMechanism.All.Select(mechanism => ScramCredential.Create(mechanism, password))];

    public bool Contains(string user) => _users.ContainsKey(user);

    public bool Verify(string user, ReadOnlySpan<byte> password)
    {
        var known = _users.TryGetValue(user, out var credentials);
        var credential = known ? credentials![0] : Decoy(user, ScramMechanism.All[0]);
        return credential.Verify(password) && known;
    }

    /// <summary>A user's keys; for an unknown user keys that nobody has, so that the two cannot be told apart by the challenge.</summary>
    public ScramCredential Find(string user, ScramMechanism mechanism) =>
        _users.TryGetValue(user, out var credentials)
            ? credentials[ScramMechanism.All.IndexOf(mechanism)]
            : Decoy(user, mechanism);

    private ScramCredential Decoy(string user, ScramMechanism mechanism)
    {
        var salt = HMACSHA256.HashData(_decoySalt, Encoding.UTF8.GetBytes(mechanism.Name + user))[..16];
        return ScramCredential.Unknown(mechanism, salt);
    }
}
