namespace ActorDcp.Client;

/// <summary>User and password of a data node. Prints neither password nor anything derived from it.</summary>
public sealed class KvCredentials
{
    /// <summary>Makes credentials.</summary>
    public KvCredentials(string user, string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentNullException.ThrowIfNull(password);
        User = user;
        Password = password;
    }

    /// <summary>Name of the user.</summary>
    public string User { get; }

    internal string Password { get; }

    /// <summary>The user and three stars.</summary>
    public override string ToString() => $"{User}:***";
}
