using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Producer.Access;

/// <summary>The users of a producer. SCRAM keys cost time, so each is derived when its mechanism is first used. Nothing here is logged.</summary>
internal sealed class UserAccounts
{
    private const int SaltLength = 16;
    private readonly ConcurrentDictionary<string, Account> _users = new();
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    /// <summary>Rounds of the key derivation of users who have not logged in with SCRAM yet.</summary>
    public int ScramIterations { get; set; } = ScramCredential.DefaultIterations;

    /// <param name="administrator">Who may do everything.</param>
    /// <param name="password">The administrator's.</param>
    /// <param name="users">The others.</param>
    public UserAccounts(string administrator, string password, IEnumerable<ProducerUser>? users = null)
    {
        Add(administrator, password, UserRights.Everything);
        foreach (var user in users ?? [])
            Add(user.Name, user.Password, new UserRights(user.Privileges, user.Collections));
    }

    /// <summary>What a user may do now.</summary>
    public UserRights RightsOf(string? user) =>
        user is not null && _users.TryGetValue(Prepared(user), out var account) ? account.Rights : UserRights.Nothing;

    /// <summary>Gives a user other rights. False when there is no such user.</summary>
    public bool TrySetRights(string user, UserRights rights)
    {
        var name = Prepared(user);
        while (_users.TryGetValue(name, out var account))
            if (_users.TryUpdate(name, account with { Rights = rights }, account))
                return true;
        return false;
    }

    public bool Contains(string user) => _users.ContainsKey(user);

    /// <summary>Checks a password that came in the clear, in the same time whether the user exists or not.</summary>
    public bool Verify(string user, ReadOnlySpan<byte> password)
    {
        var known = _users.TryGetValue(Prepared(user), out var account);
        return CryptographicOperations.FixedTimeEquals(Digest(Encoding.UTF8.GetBytes(Prepared(Encoding.UTF8.GetString(password)))), known ? account!.PasswordDigest : _secret) && known;
    }

    /// <summary>A user's keys; for an unknown user keys that nobody has, so that the two cannot be told apart by the challenge.</summary>
    public ScramCredential Find(string user, ScramMechanism mechanism) =>
        _users.TryGetValue(user, out var account)
            ? account.Credentials[mechanism].Value
            : ScramCredential.Unknown(mechanism, Digest(Encoding.UTF8.GetBytes(mechanism.Name + user))[..SaltLength]);

    /// <summary>Clients that log in by PLAIN need not have prepared what they send.</summary>
    private static string Prepared(string text)
    {
        // asked for each request: ASCII stays as it is, or cannot be prepared at all
        if (Ascii.IsValid(text))
            return text;
        try
        {
            return Encoding.UTF8.GetString(SaslPrep.Prepare(text));
        }
        catch (ArgumentException)
        {
            // nobody is called so
            return text;
        }
    }

    /// <summary>Names and passwords are kept as SASLprep leaves them, which is how clients send them (dcp-reference.md 2.3).</summary>
    private void Add(string user, string password, UserRights rights) => _users[Encoding.UTF8.GetString(SaslPrep.Prepare(user))] = new Account(
        Digest(SaslPrep.Prepare(password)),
        ScramMechanism.All.ToDictionary(
            mechanism => mechanism, mechanism => new Lazy<ScramCredential>(() => ScramCredential.Create(mechanism, password, ScramIterations))),
        rights);

    private byte[] Digest(ReadOnlySpan<byte> data) => HMACSHA256.HashData(_secret, data);

    private sealed record Account(byte[] PasswordDigest, Dictionary<ScramMechanism, Lazy<ScramCredential>> Credentials, UserRights Rights);
}
